"""numerics.basins, oracle, exploitability: labels of ends by hand, areas of half-planes, all replies enumerated."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational

from numerics import basins, oracle, policies
from numerics.basins import InitialCooperation, LateTravel, MeanValue, Oracle
from numerics.compile import Array
from numerics.dynamics import Learning, Schedule, run
from numerics.exploitability import exploitability
from numerics.inits import Grid
from theory import strategies
from theory.errors import BadInput
from theory.games import (
    Game,
    ipd,
    ipd_finite,
    matching_pennies,
    memory_one,
    normal_form,
    prisoners_dilemma,
    stag_hunt,
    tandem,
)
from theory.games.model import JointAction
from theory.profiles import STRATEGIES, parse_profile

NAN = np.nan


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


# ---------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "success"),
    [
        ("initial-cooperation:0.82", InitialCooperation(0.82)),
        ("initial-cooperation:0", InitialCooperation(0.0)),
        ("initial-cooperation:1", InitialCooperation(1.0)),
        ("mean-value:-1.5", MeanValue(-1.5)),
        ("mean-value:3e2", MeanValue(300.0)),
        ("oracle", Oracle()),
    ],
)
def test_what_is_read(text: str, success: basins.Success) -> None:
    assert basins.parse_success(text) == success


@pytest.mark.parametrize(
    "text",
    [
        "", "initial-cooperation", "initial-cooperation:", "initial-cooperation:1.01", "initial-cooperation:-0.1",
        "initial-cooperation:nan", "initial-cooperation:x", "initial-cooperation:0.5:0.5", "mean-value", "mean-value:",
        "mean-value:inf", "mean-value:nan", "oracle:1", "Oracle", "0.82", "cooperation:0.82", "region:",
        "mean-value:1,2",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--success: .*\.$") as caught:
        basins.parse_success(text)
    assert repr(text) in str(caught.value) and "\n" not in str(caught.value)


# ---------------------------------------------------------------------------------------------------- criteria


def test_initial_cooperation_by_hand() -> None:
    """Both players, at least the threshold, the target's action; the threshold itself counts."""
    ends = np.array([[0.82, 0.9, 0.8199, 1.0, 0.0], [0.82, 0.8, 0.9, 1.0, 0.0]])
    success, undecided = basins.succeeded(InitialCooperation(0.82), stag_hunt(), "direct", ends)
    assert success.tolist() == [True, False, False, True, False] and not undecided.any()
    hare = stag_hunt().with_target(("Hare", "Hare"))
    assert basins.succeeded(InitialCooperation(0.82), hare, "direct", ends)[0].tolist() == [False] * 4 + [True]
    mixed = stag_hunt().with_target(("Stag", "Hare"))
    cross = np.array([[1.0, 0.0], [0.1, 1.0]])
    assert basins.succeeded(InitialCooperation(0.9), mixed, "direct", cross)[0].tolist() == [True, False]


def test_initial_cooperation_in_log_odds() -> None:
    ends = np.array([[logit(0.83), logit(0.81), 800.0], [logit(0.83), logit(0.83), 800.0]])
    success, undecided = basins.succeeded(InitialCooperation(0.82), stag_hunt(), "logit", ends)
    assert success.tolist() == [True, False, True] and not undecided.any()


def test_initial_cooperation_looks_at_the_start_only() -> None:
    """In the repeated game all that counts is the first move, player 2's own one in row 5."""
    ends = np.zeros((10, 3))
    ends[0], ends[5] = 1.0, [1.0, 0.5, 1.0]
    ends[1:5, 2] = ends[6:, 2] = 1.0
    assert basins.succeeded(InitialCooperation(0.82), ipd(), "direct", ends)[0].tolist() == [True, False, True]


def test_mean_value_by_hand() -> None:
    """Everyone cooperating is worth −1 a round, defecting −2, alternating exploitation less than −1 to someone."""
    ends = np.array([[1.0] * 10, [0.0] * 10, [1.0] * 5 + [0.0] * 5]).T
    assert basins.mean_values(ipd(), "direct", ends) == pytest.approx(np.array([[-1, -2, -3], [-1, -2, 0]]), rel=1e-12)
    assert basins.succeeded(MeanValue(-1.5), ipd(), "direct", ends)[0].tolist() == [True, False, False]
    assert basins.succeeded(MeanValue(-3.5), ipd(), "direct", ends)[0].tolist() == [True, True, True]
    assert basins.succeeded(MeanValue(-0.5), ipd(), "direct", ends)[0].tolist() == [False] * 3


def test_mean_value_of_other_games_by_hand() -> None:
    both = np.array([[1.0, 0.25], [1.0, 0.5]])
    # 4pq + 0·p(1−q) + 3(1−p)q + 2(1−p)(1−q) at (1/4, 1/2): 1/2 + 9/8 + 3/4
    assert basins.mean_values(stag_hunt(), "direct", both)[0] == pytest.approx([4, 19 / 8])
    # twelve rounds: mutual cooperation is worth 3 in each of them, whatever γ
    assert basins.mean_values(ipd_finite(), "direct", np.ones((10, 1)))[:, 0] == pytest.approx([3, 3], rel=1e-12)
    assert basins.mean_values(tandem(), "direct", np.array([[2.0], [-1.0]]))[:, 0] == pytest.approx([3, -3])


@pytest.mark.parametrize("success", [InitialCooperation(0.0), MeanValue(-1e9)])
@pytest.mark.parametrize("policy", ["direct", "logit"])
@pytest.mark.parametrize("bad", [NAN, np.inf, -np.inf])
def test_an_end_that_is_not_finite_is_undecided(success: basins.Success, policy: str, bad: float) -> None:
    """A criterion that everything meets is not met by NaN, nor by infinity, nor by one bad entry of ten."""
    ends = np.full((10, 3), 0.5)
    ends[7, 1] = bad
    good, undecided = basins.succeeded(success, ipd(), policy, ends)
    assert good.tolist() == [True, False, True] and undecided.tolist() == [False, True, False]
    counts = basins.class_of_ends(ipd(), policy, ends, np.zeros(3))
    assert counts == {"mixed": 2, "undecided": 1}


def test_criteria_without_meaning() -> None:
    ends = np.full((2, 1), 0.5)
    with pytest.raises(BadInput, match=r"matching-pennies.*no target"):
        basins.succeeded(InitialCooperation(0.5), matching_pennies(), "direct", ends)
    with pytest.raises(BadInput, match="tandem"):
        basins.succeeded(InitialCooperation(0.5), tandem(), "direct", ends)
    assert basins.succeeded(MeanValue(-1.0), matching_pennies(), "direct", ends)[0].all()


def uncertain_start() -> Game:
    """Two states, either of which may come first."""
    half = (Rational(1, 2), Rational(1, 2))
    stay = tuple((Integer(1), Integer(0)) if s == 0 else (Integer(0), Integer(1)) for s in range(2))
    joint = 4
    return Game(
        "either", (("A", "B"),) * 2, ("s", "t"), half, tuple(tuple(stay[s] for _ in range(joint)) for s in range(2)),
        tuple(tuple((Integer(1), Integer(2)) for _ in range(joint)) for _ in range(2)), Rational(1, 2),
        target=("A", "A"),
    )  # fmt: skip


def test_a_game_that_may_begin_in_several_states() -> None:
    with pytest.raises(BadInput, match="no single start state"):
        basins.succeeded(InitialCooperation(0.5), uncertain_start(), "direct", np.full((4, 1), 0.5))
    good, undecided = basins.succeeded(MeanValue(1.0), uncertain_start(), "direct", np.full((4, 1), 0.5))
    assert good.all() and not undecided.any()


# ---------------------------------------------------------------------------------------------- classes of ends


def test_classes_by_hand() -> None:
    ends = np.array([[0.95, 0.9, 0.95, 0.0, 0.5, 0.5, NAN], [0.95, 0.9, 0.05, 0.1, 0.95, 0.5, 0.5]])
    travelled = np.array([5.0, 0.0, 0.0, 0.0, 0.05, 0.3, 9.0])
    assert basins.class_of_ends(stag_hunt(), "direct", ends, travelled) == {
        "Stag,Stag": 2, "Stag,Hare": 1, "Hare,Hare": 1, "mixed": 1, "cycling": 1, "undecided": 1,
    }  # fmt: skip
    assert basins.class_of_ends(stag_hunt(), "direct", ends[:, 4:5], np.array([0.2])) == {"cycling": 1}


def test_one_letter_actions_are_written_together() -> None:
    """C then D, player 1 first; names of several letters get a comma."""
    ends = np.zeros((10, 2))
    ends[0] = 1.0
    ends[5, 1] = 1.0
    assert basins.class_of_ends(ipd(), "direct", ends, np.zeros(2)) == {"CD": 1, "CC": 1}
    longer = normal_form("x", [["A", "B"], ["A", "Bee"]], {c: [0, 0] for c in product((0, 1), repeat=2)})
    assert basins.class_of_ends(longer, "direct", np.eye(2), np.zeros(2)) == {"A,Bee": 1, "B,A": 1}


def test_classes_of_three_actions() -> None:
    rock = normal_form("rps", [list("RPS")] * 2, {c: [0, 0] for c in product(range(3), repeat=2)})
    ends = np.array([[1.0, 0, 0, 0, 0, 1], [0, 0.05, 0.95, 1, 0, 0], [0.4, 0.3, 0.3, 0, 1, 0]]).T
    assert basins.class_of_ends(rock, "direct", ends, np.zeros(3)) == {"RS": 1, "SR": 1, "mixed": 1}


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_every_end_has_exactly_one_class(count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    ends = draw.choice([-9.0, 0.0, 1.0, 9.0, NAN, np.inf], (10, count))
    counts = basins.class_of_ends(ipd(), "logit", ends, draw.uniform(0, 0.2, count))
    assert sum(counts.values()) == count and min(counts.values()) > 0
    assert counts.get("undecided", 0) == (~np.isfinite(ends).all(0)).sum()
    assert set(counts) <= {"CC", "CD", "DC", "DD", "mixed", "cycling", "undecided"}


def watched(learning: Learning, starts: Array, steps: int) -> tuple[Array, Array]:
    travel = LateTravel(learning.game, learning.policy, steps, starts.shape[1])
    return run(learning, starts, steps, lambda number, columns, phi: travel(number, phi)), travel.total


def gradient_ascent(game: Game, policy: str, lr: float) -> Learning:
    return Learning(game, policy, "pg", "expanded", 1, (1.0,) * game.players, 1.0, 1.0, Schedule(lr))


@pytest.mark.parametrize("policy", ["direct", "logit"])
def test_matching_pennies_cycles(policy: str) -> None:
    """Zero-sum: policy gradient circles around the coin tosses, whichever way the game is written."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = 0.5 + 0.2 * np.stack([np.cos(angle), np.sin(angle)])
    starts = circle if policy == "direct" else np.log(circle / (1 - circle))
    lr = 0.002 if policy == "direct" else 0.02
    own = normal_form("pennies", [list("HT")] * 2, {(0, 0): (1, -1), (0, 1): (-1, 1), (1, 0): (-1, 1), (1, 1): (1, -1)})
    for game in (matching_pennies(), own):
        ends, travelled = watched(gradient_ascent(game, policy, lr), starts, 3000)
        assert basins.class_of_ends(game, policy, ends, travelled) == {"cycling": 12}
    still, resting = watched(
        gradient_ascent(own, policy, lr), np.full((2, 1), 0.5 if policy == "direct" else 0.0), 3000
    )
    assert basins.class_of_ends(own, policy, still, resting) == {"mixed": 1}


def test_a_converging_run_does_not_cycle() -> None:
    """The saddle of Stag Hunt, p = q = 2/3, is a rest point: mixed; everything else gets to a corner."""
    starts = np.array([[2 / 3, 0.2, 0.9], [2 / 3, 0.3, 0.8]])
    ends, travelled = watched(gradient_ascent(stag_hunt(), "direct", 0.02), starts, 500)
    assert basins.class_of_ends(stag_hunt(), "direct", ends, travelled) == {"Hare,Hare": 1, "Stag,Stag": 1, "mixed": 1}
    assert travelled[1:].tolist() == [0, 0]


def test_late_travel_by_hand() -> None:
    """Steps 18, 19, 20 of 20 count, as half the change of all probabilities."""
    travel = LateTravel(stag_hunt(), "direct", 20, 3)
    path = {17: 0.0, 18: 0.5, 19: 0.6, 20: 0.3}
    for number in range(21):
        travel(number, np.full((2, 3), path.get(number, 0.9)))
    # two players, |Δp| each: 2 (0.1 + 0.3)
    assert travel.total == pytest.approx([0.8] * 3)


def test_late_travel_of_a_differentiable_game() -> None:
    travel = LateTravel(tandem(), "direct", 10, 1)
    for number, place in enumerate([0.0] * 10 + [3.0]):
        travel(number, np.array([[place], [0.0]]))
    assert travel.total.tolist() == [3.0]
    ends = np.array([[1.0, 1.0, NAN], [0.0, 0.0, 0.0]])
    assert basins.class_of_ends(tandem(), "direct", ends, np.array([0.0, 1.0, 1.0])) == {
        "settled": 1, "moving": 1, "undecided": 1,
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- grids and areas


def half_plane(grid: Grid, a: float, b: float, c: float) -> Array:
    """{a x + b y > c} on the grid's points over the unit square, player 1 slowest."""
    axis = np.linspace(0, 1, grid.points)
    return ((a * axis)[:, None] + b * axis > c).ravel()


def clipped_area(a: float, b: float, c: float) -> float:
    """Area of {a x + b y > c} in the unit square, by clipping the square's corners with the line."""
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    height = [a * x + b * y - c for x, y in corners]
    kept: list[tuple[float, float]] = []
    for k in range(4):
        (x, y), (u, v), h, g = corners[k], corners[(k + 1) % 4], height[k], height[(k + 1) % 4]
        if h >= 0:
            kept.append((x, y))
        if h * g < 0:
            kept.append((x + (u - x) * h / (h - g), y + (v - y) * h / (h - g)))
    following = [*kept[1:], *kept[:1]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(kept, following, strict=True))) / 2


direction = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-6)


@settings(max_examples=200)
@given(direction, direction, st.floats(-1, 2), st.sampled_from([2, 3, 5, 20, 51]))
def test_discretisation_bound_holds_for_half_planes(a: float, b: float, place: float, points: int) -> None:
    grid = Grid(points, 0.0, 1.0)
    c = place * (a + b) / 2
    success = half_plane(grid, a, b, c)
    area, share = clipped_area(a, b, c), float(success.mean())
    low, high = basins.grid_area(grid, success)
    assert low - 1e-9 <= area <= high + 1e-9
    bound = basins.discretisation_bound(grid, success)
    assert abs(share - area) <= bound + 1e-9
    assert bound <= 4 / (points - 1)  # a line crosses at most 2 (points − 1) cells; points at the rim weigh the rest


def test_discretisation_bound_by_hand() -> None:
    """3 × 3 points, x + y > 1: 3 of 9 points succeed, one cell wholly, two partly, one not at all: area 1/2."""
    grid = Grid(3, 0.0, 1.0)
    success = half_plane(grid, 1, 1, 1.0)
    assert success.reshape(3, 3).astype(int).tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 1]]
    assert basins.grid_area(grid, success) == (0.0, 0.75)
    assert basins.discretisation_bound(grid, success) == pytest.approx(0.75 - 1 / 3)
    everything = np.ones(9, dtype=bool)
    assert basins.discretisation_bound(grid, everything) == 0 == basins.discretisation_bound(grid, ~everything)


@given(st.floats(0, 1), st.integers(2, 60))
def test_discretisation_bound_of_one_parameter(edge: float, points: int) -> None:
    success = np.linspace(0, 1, points) > edge
    bound = basins.discretisation_bound(Grid(points, 0.0, 1.0), success)
    assert abs(success.mean() - (1 - edge)) <= bound + 1e-12
    assert bound <= 2 / (points - 1)


@pytest.mark.parametrize("points", [3, 5, 8])
def test_discretisation_bound_of_three_parameters(points: int) -> None:
    """{x > 1/2, y + z > 1} has volume 1/4, a slab in the first or the last parameter 3/10."""
    axis = np.linspace(0, 1, points)
    x, y, z = (rows.ravel() for rows in np.meshgrid(axis, axis, axis, indexing="ij"))
    for success, area in (((x > 0.5) & (y + z > 1), 0.25), (x > 0.7, 0.3), (z > 0.7, 0.3)):
        bound = basins.discretisation_bound(Grid(points, 0.0, 1.0), success)
        assert abs(success.mean() - area) <= bound + 1e-12


# --------------------------------------------------------------------------------------------------- the oracle


def test_oracle_of_the_stag_hunt_is_its_basin() -> None:
    """Direct coordinates: policy gradient reaches (Stag, Stag) exactly from p + q > 4/3."""
    draw = np.random.default_rng(0)
    ends = draw.uniform(0, 1, (2, 300))
    learning = gradient_ascent(stag_hunt(), "direct", 0.05)
    inside, undecided = oracle.in_target_basin(learning, ends)
    assert (inside == (ends.sum(0) > 4 / 3)).all() and not undecided.any()
    saddle = np.array([[2 / 3, 1.0, 0.0], [2 / 3, 1.0, 0.0]])
    inside, undecided = oracle.in_target_basin(learning, saddle)
    assert inside.tolist() == [False, True, False] and not undecided[1:].any()


def test_oracle_in_log_odds_agrees_with_a_long_run() -> None:
    ends = np.random.default_rng(1).normal(0, 1.5, (2, 60))
    learning = gradient_ascent(stag_hunt(), "logit", 0.5)
    inside, undecided = oracle.in_target_basin(learning, ends)
    limit = run(learning, ends, 4000)
    assert not undecided.any() and (inside == (limit > 0).all(0)).all() and 0 < inside.sum() < 60


def test_oracle_switches_off_correction_clip_and_decay() -> None:
    """From (1/2, 1/2) the corrected run goes to (Stag, Stag), plain policy gradient does not."""
    corrected = Learning(
        stag_hunt(), "direct", "peer", "expanded", 1, (1.0, 1.0), 1.0, 1.0, Schedule(0.05, 3.0, 1.0), clip=0.6
    )
    inside, undecided = oracle.in_target_basin(corrected, np.array([[0.5, 0.7], [0.5, 0.7]]))
    assert inside.tolist() == [False, True] and not undecided.any()


def test_oracle_of_nan_is_undecided() -> None:
    ends = np.array([[NAN, 1.0, np.inf], [0.5, 1.0, 1.0]])
    for policy in ("direct", "logit"):
        inside, undecided = oracle.in_target_basin(
            gradient_ascent(stag_hunt(), policy, 0.05), ends + (policy == "logit")
        )
        assert inside.tolist() == [False, True, False] and undecided.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("text", "stays"), [("AllC", False), ("WSLS", False), ("C:CCDD", False), ("TFT", True), ("Grim", True)]
)
def test_oracle_waits_for_the_limit(text: str, stays: bool) -> None:
    """Everyone cooperates now, but only TFT and Grim are rest points; policy gradient leaves the others and defects.

    Where a run is, is not where it goes: at WSLS a deviation gains just 1/49 a round, and still it is the way out.
    """
    learning = gradient_ascent(ipd(), "direct", 0.01)
    cooperating = profile_row(ipd(), text)
    limit = run(learning, cooperating, 4000)
    assert (limit[[0, 5]] > 0.99).all() == stays == (limit[[0, 5]] >= 0.5).all()
    inside, undecided = oracle.in_target_basin(learning, cooperating)
    assert inside[0] == stays and not undecided.any()


def test_oracle_refuses_games_without_target() -> None:
    for game, reason in ((matching_pennies(), "no target"), (tandem(), "tandem")):
        with pytest.raises(BadInput, match=reason):
            oracle.in_target_basin(gradient_ascent(game, "direct", 0.1), np.full((2, 1), 0.5))


# ----------------------------------------------------------------------------------------------- exploitability


def test_exploitability_by_hand() -> None:
    pennies = np.array([[0.5, 1.0, 0.75], [0.5, 1.0, 0.5]])
    # at (H, H) player 2 gains 2 by switching; at (3/4, 1/2) player 2 wins 1/2 by playing Tails
    assert exploitability(matching_pennies(), "direct", pennies) == pytest.approx([0, 2, 0.5])
    hunt = np.array([[1.0, 0.0, 1.0, 2 / 3], [1.0, 0.0, 0.0, 2 / 3]])
    # (Stag, Hare): the hunter of the stag gains 2 − 0 by Hare, the other 4 − 3 by Stag
    assert exploitability(stag_hunt(), "direct", hunt) == pytest.approx([0, 0, 2, 0], abs=1e-12)
    assert exploitability(prisoners_dilemma(), "direct", hunt[:, :2]) == pytest.approx([2, 0])


def profile_row(game: Game, text: str) -> Array:
    """Parameters of a pure profile in direct coordinates."""
    profile = parse_profile(game, text)
    return np.array([float(action == 0) for player in profile for action in player])[:, None]


@pytest.mark.parametrize(
    ("text", "gain"),
    [("Grim", 0.0), ("AllD", 0.0), ("TFT", 0.0), ("AllC", 1.0), ("WSLS", 1 / 49), ("AllD;AllC", 1.0)],
)
def test_exploitability_of_repeated_strategies(text: str, gain: float) -> None:
    """γ = .96: AllC gives 0 instead of −1 in every round; Grim, AllD and TFT are equilibria.

    WSLS is one only for γ → 1: defecting every second round gives 0, −2, 0, … worth −2γ/(1 + γ) instead of −1.
    """
    assert exploitability(ipd(), "direct", profile_row(ipd(), text))[0] == pytest.approx(gain, abs=1e-9)


def by_enumeration(game: Game, phi: Array) -> float:
    """The most any player gains by one of all pure replies that may depend on the *state*, whatever is observed."""
    game = game.instance()
    states, discount = len(game.states), float(game.discount)
    transition, reward = np.array(game.transition, float), np.array(game.reward, float)
    pi = [
        [policies.probabilities(game, "direct", phi, player, seen)[:, 0] for seen in game.observed]
        for player in range(game.players)
    ]

    def values(policy: list[list[Array]], player: int) -> float:
        mixed, pays = np.zeros((states, states)), np.zeros(states)
        for s in range(states):
            for k, joint in enumerate(game.joint_actions):
                weight = np.prod([policy[i][s][a] for i, a in enumerate(joint)])
                mixed[s] += weight * transition[s, k]
                pays[s] += weight * reward[s, k, player]
        return float(np.array(game.start, float) @ np.linalg.solve(np.eye(states) - discount * mixed, pays))

    best = 0.0
    for player in range(game.players):
        now = values(pi, player)
        for reply in product(range(len(game.actions[player])), repeat=states):
            pure = [np.eye(len(game.actions[player]))[a] for a in reply]
            best = max(best, values([*pi[:player], pure, *pi[player + 1 :]], player) - now)
    return best / float(game.value_of(game.total_weight))


@settings(max_examples=15)
@given(st.data())
def test_exploitability_is_the_best_of_all_replies(data: st.DataObject) -> None:
    """Random games: one shot, memory one, and general stochastic games with up to three states."""
    kind = data.draw(st.sampled_from(["one-shot", "memory-one", "stochastic"]))
    if kind == "one-shot":
        game = data.draw(strategies.one_shot_games())
    elif kind == "memory-one":
        game = data.draw(strategies.memory_one_games())
    else:
        game = data.draw(strategies.stochastic_games(actions=(2, 3)))
    row = data.draw(strategies.parameter_points(game, "direct"))
    phi = np.array([float(value) for value in row.values()])[:, None]
    assert exploitability(game, "direct", phi)[0] == pytest.approx(by_enumeration(game, phi), abs=1e-9)


def test_exploitability_with_a_finite_horizon_knows_the_round() -> None:
    """Three rounds of 3, 0, 5, 1 without discounting to speak of: against Grim the best reply defects at the end.

    3 + 3 + 5 against 3 + 3 + 3 gains 2 in total (γ → 0.999…: weights 1, γ, γ²).
    """
    stage = prisoners_dilemma()
    game = memory_one(stage, Rational(9, 10), name="three rounds", parameters=stage.parameters, horizon=3)
    grim = profile_row(game, "Grim")
    weight = 1 + 0.9 + 0.81
    assert exploitability(game, "direct", grim)[0] == pytest.approx(2 * 0.81 / weight, rel=1e-9)
    # against AllC: 2 more in each of the rounds
    assert exploitability(game, "direct", profile_row(game, "AllC"))[0] == pytest.approx(2.0, rel=1e-9)
    assert exploitability(game, "direct", profile_row(game, "AllD"))[0] == pytest.approx(0.0, abs=1e-9)


def test_exploitability_of_nan_is_nan_and_alone() -> None:
    phi = np.array([[0.5, NAN, 1.0, np.inf], [0.5, 0.5, 1.0, 0.0]])
    gains = exploitability(matching_pennies(), "direct", phi)
    assert np.isnan(gains).tolist() == [False, True, False, True] and gains[[0, 2]] == pytest.approx([0, 2])
    assert exploitability(matching_pennies(), "direct", phi[:, :0]).shape == (0,)


def test_exploitability_in_log_odds() -> None:
    assert exploitability(matching_pennies(), "logit", np.zeros((2, 1))) == pytest.approx([0], abs=1e-12)
    far = exploitability(matching_pennies(), "logit", np.full((2, 1), 800.0))
    assert far == pytest.approx([2])


def test_profiles_used_here() -> None:
    """Player 2's TFT in player 1's words: C after ∅, CC and DC… its own CD is called DC by player 1."""
    assert set(STRATEGIES) >= {"AllC", "AllD", "TFT", "Grim", "WSLS"}
    assert profile_row(ipd(), "TFT")[:, 0].tolist() == [1, 1, 0, 1, 0, 1, 1, 1, 0, 0]


CELLS: dict[JointAction, tuple[int, int]] = {(0, 0): (1, 1), (0, 1): (0, 0), (1, 0): (0, 0), (1, 1): (1, 1)}


def test_labels_do_not_depend_on_how_actions_are_ordered() -> None:
    """Swapping every player's actions swaps p and 1 − p: the same ends, the same labels."""
    one = normal_form("one", [["A", "B"]] * 2, CELLS, target=("A", "A"))
    two = normal_form("two", [["B", "A"]] * 2, CELLS, target=("A", "A"))
    phi = np.random.default_rng(2).normal(0, 3, (2, 100))
    travelled = np.zeros(100)
    assert basins.class_of_ends(one, "logit", phi, travelled) == basins.class_of_ends(two, "logit", -phi, travelled)
    criterion = InitialCooperation(0.7)
    assert (
        basins.succeeded(criterion, one, "logit", phi)[0] == basins.succeeded(criterion, two, "logit", -phi)[0]
    ).all()
