"""C1.splits: both splits of the correction sum to the exact meta-gradient, for every unroll and number of players."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Expr

from theory import splits
from theory.blocks import block_unroll, path_sum
from theory.claims.identities import closed_form_identity, point_identity
from theory.claims.model import Claim, Evidence, Finding, Refuted, Verdict
from theory.exact import Undecided, is_zero
from theory.games import AnyGame, ipd, public_goods, stag_hunt, stag_hunt_3
from theory.jets import freed
from theory.updates import SPLITS

# Player i against all others taken as one block covers any number of players; three are checked besides.
PLAYERS = (2, 3)
# (players, L) written out as sums over block paths.
WRITTEN_OUT = ((2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (3, 2), (3, 3))
# Stag Hunt as closed forms: with symbolic payoffs for the first two, at the published payoffs beyond.
SYMBOLIC_UNROLLS, NUMERIC_UNROLLS = (1, 2), (3, 4, 5)
# (game, largest L) at random exact points.
AT_POINTS: tuple[tuple[Callable[[], AnyGame], int], ...] = ((ipd, 2), (stag_hunt_3, 3), (public_goods, 2))


def _require(entries: Iterable[Expr], what: str) -> None:
    for entry in entries:
        if not is_zero(freed(entry)):
            raise Refuted(f"{what}: {entry} does not vanish")


def _induction() -> Evidence:
    for shape in ((1, 1), (2, 1), (1, 1, 1)):
        _require(splits.chain_rule_step(shape), f"Jacobian of the inner step, shape {shape}")
    for players in PLAYERS:
        _require(splits.terminal_step(players), "terminal split, one step")
        for player in range(players):
            _require(splits.path_step(players, player), "path split, one step")
            _require(splits.last_step(players, player), "last step, block i alone")
            _require(splits.first_order_gap_step(players, player), "gap at order alpha")
            _require(splits.second_order_gap_step(players, player), "gap at order alpha^2")
    for players, length in WRITTEN_OUT:
        _written_out(players, length)
    return Evidence(
        "identity",
        "induction over backward steps with noncommuting Jacobian blocks; sums over block paths for small L",
        "terminal and path split add up to the derivative for every L; own(terminal) - own(path) = "
        "alpha^2 C(L,2) sum_j [(Dv)_ij (Dv)_ji]^T g_i + O(alpha^3)",
        {
            "players": list(PLAYERS),
            "written_out": [{"players": players, "unroll": length} for players, length in WRITTEN_OUT],
            "gap_at_unroll_2": str(_gap(2)),
        },
    )


def _gap(length: int) -> Expr:
    """own(terminal) − own(path) of player 1, two players, blocks as noncommutative symbols."""
    terminal, path = (block_unroll(2, length, split).own_learning(0)[0] for split in SPLITS)
    return (terminal - path).expand()


def _written_out(players: int, length: int) -> None:
    terminal, path = (block_unroll(players, length, split) for split in SPLITS)
    for player in range(players):
        identity = terminal.current(player)[0]
        total = path_sum(terminal, player, "total")
        for unroll, kind in ((terminal, "returns"), (path, "stays")):
            own, peer = unroll.own_learning(player)[0], unroll.peer_learning(player)[0]
            _require((total - identity - own - peer,), f"sum of the terms, {players} players, L = {length}")
            _require((path_sum(unroll, player, kind) - identity - own,), f"own, {players} players, L = {length}")
            if is_zero(total - identity - own):
                raise Undecided("the check cannot fail: it accepts the sum without the peer term")
        if length > 1 and is_zero(terminal.own_learning(player)[0] - path.own_learning(player)[0]):
            raise Undecided("the two splits are not told apart")


def _check() -> Finding:
    evidence = [_induction()]
    for split in SPLITS:
        evidence += [closed_form_identity(stag_hunt(), unroll, split) for unroll in SYMBOLIC_UNROLLS]
        evidence += [closed_form_identity(stag_hunt().instance(), unroll, split) for unroll in NUMERIC_UNROLLS]
    evidence += [point_identity(make(), "direct", most, SPLITS) for make, most in AT_POINTS]
    return Finding(
        Verdict.PROVED,
        "each backward step keeps the sum, and the last one is the derivative; every L by induction",
        tuple(evidence),
    )


CLAIMS = (
    Claim(
        "C1.splits",
        "For every unroll L, both the terminal split (Kim et al.) and the path split of the correction into own and "
        "peer sum, with g_i(phi_L), to the derivative of V^i(phi_L) in phi_0^i; they agree for L = 1 and their own "
        "terms differ by alpha^2 C(L,2) sum_j [(Dv)_ij (Dv)_ji]^T g_i + O(alpha^3).",
        "chain rule; THEORY, section 3",
        assumptions=("values are three times differentiable", "inner steps are unprojected policy gradient steps"),
        scope="any L, any number of players and parameters, own step sizes (the gap: common step size)",
        check=_check,
    ),
)
