"""C19, certified: regions of attraction of the named games, each with a file that anyone can check."""

from __future__ import annotations

from sympy import Integer, Rational

from theory.claims.certified import certified
from theory.claims.model import Claim, Finding
from theory.exact import Undecided
from theory.games import battle_of_the_sexes, chicken, ipd, stag_hunt, stag_hunt_3
from theory.regions import Dynamics, certify

STEP = Rational(1, 10)
TREMBLE = Rational(1, 10)
SMALL_STEP = Rational(1, 1000)
ONE_SHOT = (
    (stag_hunt, ("Stag,Stag", "Hare,Hare")),
    (chicken, ("Straight,Swerve", "Swerve,Straight")),
    (battle_of_the_sexes, ("Opera,Opera", "Football,Football")),
    (stag_hunt_3, ("Stag,Stag,Stag", "Hare,Hare,Hare")),
)


def _check_boxes() -> Finding:
    found = [certify(make(), target) for make, targets in ONE_SHOT for target in targets]
    if any(entry.proof["no_larger"] is None or entry.conclusion["limit"] != "target" for entry in found):
        raise Undecided("a cube has no witness against larger ones, or does not reach its target")
    return certified(found, "the largest cubes on which every gap points to the equilibrium")


def _check_balls() -> Finding:
    found = [certify(make(), target, "sublevel") for make, targets in ONE_SHOT for target in targets]
    return certified(
        found, "the squared distance falls; levels by bisection, exact where they end at a rational rest point"
    )


def _check_fields() -> Finding:
    fields = (Dynamics("replicator"), Dynamics("logit"))
    targets = ("Stag,Stag", "Hare,Hare")
    found = [certify(stag_hunt(), target, "sublevel", dynamics=field) for target in targets for field in fields]
    return certified(found, "exponential convergence in replicator dynamics, algebraic in log-odds")


def _check_steps() -> Finding:
    dynamics = Dynamics("direct", STEP)
    found = [certify(stag_hunt(), target, "sublevel", dynamics=dynamics) for target in ("Stag,Stag", "Hare,Hare")]
    return certified(found, "one proof for each set of coordinates that the projection stops")


def _check_mu() -> Finding:
    found = [
        certify(stag_hunt(), target, "sublevel", level=level, order=2)
        for target, level in (("Stag,Stag", Rational(1, 8)), ("Hare,Hare", Rational(1, 2)))
    ]
    margins = ", ".join(f"mu = {entry.region['margin']} on |x - x*|^2 <= {entry.region['level']}" for entry in found)
    return certified(found, margins)


def _check_ipd() -> Finding:
    found = [certify(ipd(), target, tremble=t) for target in ("AllD", "Grim") for t in (Integer(0), TREMBLE)]
    limits = [entry.conclusion["limit"] for entry in found]
    if limits != ["face", "target"] * 2 or any(entry.proof["no_larger"] is None for entry in found):
        raise Undecided(f"a cube has no witness against larger ones, or another limit: {limits}")
    return certified(found, "largest cubes in all ten probabilities; with tremble every probability reaches its end")


def _check_cooperative_set() -> Finding:
    found = [
        certify(ipd(), "cooperative-set"),
        certify(ipd(), "cooperative-set", dynamics=Dynamics("direct", SMALL_STEP)),
    ]
    reason = "held probabilities reach 1 in finite time while the others drift less than the outer box allows"
    return certified(found, reason)


_IPD_SCOPE = "ipd: memory-one, payoffs -1,-3,0,-2, gamma = 24/25, direct coordinates with projection"

CLAIMS = (
    Claim(
        "C19.boxes",
        "The pure equilibria of Stag Hunt, chicken, battle of the sexes and the three-player Stag Hunt have certified "
        "boxes of attraction.",
        "derived here",
        assumptions=("policy gradient, continuous time; steps of any size do not leave the boxes either",),
        scope="direct coordinates, the games' usual payoffs",
        check=_check_boxes,
    ),
    Claim(
        "C19.balls",
        "The same equilibria have certified balls on which the distance to the equilibrium falls.",
        "paper's stability condition; derived here",
        assumptions=("policy gradient, continuous time",),
        scope="direct coordinates, the games' usual payoffs",
        check=_check_balls,
    ),
    Claim(
        "C19.fields",
        "Stag Hunt's equilibria attract certified balls of probabilities under replicator dynamics and under policy "
        "gradient in log-odds too.",
        "derived here",
        assumptions=("continuous time",),
        scope="payoffs 4,0,3,2",
        check=_check_fields,
    ),
    Claim(
        "C19.steps",
        "Projected policy gradient in steps of 1/10 brings certified balls about Stag Hunt's equilibria to them.",
        "derived here",
        assumptions=("step 1/10", "exact gradients"),
        scope="direct coordinates, payoffs 4,0,3,2",
        check=_check_steps,
    ),
    Claim(
        "C19.mu",
        "Stag Hunt's equilibria satisfy the paper's stability condition <v, x - x*> <= -mu |x - x*|^2 on balls, with "
        "certified mu.",
        "paper, stability condition",
        scope="direct coordinates, payoffs 4,0,3,2",
        check=_check_mu,
    ),
    Claim(
        "C19.ipd",
        "AllD and Grim have certified boxes of attraction in the memory-one IPD.",
        "referee's minor comment",
        assumptions=("policy gradient, continuous time; steps of any size do not leave the boxes either",),
        scope=f"{_IPD_SCOPE}, without tremble and with 1/10; without tremble the limit is a face, whose other "
        "probabilities play does not reach",
        check=_check_ipd,
    ),
    Claim(
        "C19.cooperative-set",
        "Every run from a certified box around TFT's on-path cooperation reaches the set of cooperative equilibria in "
        "finite time and stays.",
        "derived here",
        assumptions=("policy gradient, continuous time or steps of 1/1000",),
        scope=_IPD_SCOPE,
        check=_check_cooperative_set,
    ),
    Claim(
        "C19.largest",
        "Boxes with sides of different lengths are certified that are many times larger than the cubes of C19.ipd.",
        "derived here",
        assumptions=("shapes searched numerically, so larger ones may exist",),
        scope=_IPD_SCOPE,
    ),
    Claim(
        "C19.coverage",
        "Certified regions cover at least half of the basins that they lie in, in volume.",
        "derived here",
        scope=f"stag-hunt (exact); {_IPD_SCOPE}, steps of 1/500, uniform starts; a run counts for the basin when the "
        "probabilities that play reaches are at their ends, whatever the others, so also at rest points of that face "
        "that are no equilibria",
    ),
)
