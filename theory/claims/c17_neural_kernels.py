"""C17: what of the tabular statements holds for policies that share weights, such as small neural networks.

The mathematics is in :mod:`theory.neural_kernels` and :mod:`theory.kernel_alignment`. To first order a network enters
policy gradient and the peer-learning correction through its kernels alone, and own-learning also through the curvature
of its policy. Kernels turn vectors: alignment is kept where they turn little, or where signs agree with the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from sympy import Add, Expr, Integer, Matrix, Poly, Rational, Symbol, atanh, expand, eye, symbols

from theory.claims.c04_mechanism import SHAPES as ONE_SHOT
from theory.claims.c04_mechanism import own_curvature
from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.decomposition import flat
from theory.exact import Undecided, is_zero
from theory.games import normal_form, stag_hunt
from theory.games.model import Game
from theory.games.signalled_stag_hunt import signalled_hunts
from theory.kernel_alignment import (
    aligned_under_all,
    extremal_kernel,
    extremal_pair,
    half_turn,
    largest_sine,
    positive_on_box,
    pushed_sine,
    towards,
    turning,
)
from theory.linear import dot
from theory.neural_kernels import (
    Local,
    Network,
    PolicyGame,
    at_rest,
    derivatives,
    drift,
    independent,
    kernel,
    linearised,
    network,
    network_kernel,
    own_learning,
    peer_learning,
    played,
    shaping,
    smooth,
    tabular,
)
from theory.symbols import alpha, step_size
from theory.updates.model import FORMS

Column = Any  # SymPy matrices have no types
ZERO, ONE, HALF = Integer(0), Integer(1), Rational(1, 2)

# (entries, weights) of each player.
SMOOTH = (((1, 1), (1, 1)), ((2, 3), (2, 2)), ((1, 2), (2, 1), (1, 1)))
INPUT = ((Integer(1), Integer(2)),)
OPPOSITE = ((Integer(1),), (Integer(-1),))
SINGLE = ((Integer(1),),)


def vanishes(entries: Iterable[Expr]) -> bool:
    """Whether all entries are 0 for all smooth values and policies."""
    return all(is_zero(independent(entry)) for entry in entries)


HUNTS = ((8, 1, 2, 2), (14, 1, 12, 2))
_HUNTS = "Stag Hunts " + " and ".join(",".join(map(str, payoffs)) for payoffs in HUNTS)


def hunts() -> Game:
    """Two Stag Hunts with T >= P, drawn with probability 1/2 each and seen by both players."""
    return signalled_hunts("hunts", HUNTS)


def networks() -> tuple[PolicyGame, ...]:
    """Games with small tanh networks, the same kind for both players, every weight symbolic."""
    return (
        played(stag_hunt().instance(), [network(name, INPUT, 2, True) for name in "xy"]),
        played(hunts(), [network(name, OPPOSITE, 1, True) for name in "xy"]),
    )


def strings(matrix: Any) -> list[list[str]]:
    """A matrix as data."""
    return [[str(entry) for entry in row] for row in matrix.tolist()]


# ------------------------------------------------------------------------------------------- what enters the terms


def altered(here: Local, player: int) -> dict[str, Local]:
    """Factors with a mistake that the peer-learning correction of every smooth game must show."""
    peers = tuple(jacobian if other == player else 2 * jacobian for other, jacobian in enumerate(here.jacobians))
    own_values = (here.hessians[player],) * len(here.hessians)
    return {
        "another peers' kernel": replace(here, jacobians=peers),
        "own values for the peers'": replace(here, hessians=own_values),
    }


def first_order_change(game: PolicyGame, player: int, direction: Column) -> Column:
    """d/dε at 0 of πⁱ(θⁱ + ε direction)."""
    step, row = Symbol("epsilon", real=True), game.weights[player]
    names = symbols(f"d1:{len(row) + 1}", real=True)
    ahead = {w: w + step * name for w, name in zip(row, names, strict=True)}
    slopes = [entry.xreplace(ahead).diff(step).xreplace({step: ZERO}) for entry in game.policies[player]]
    return Matrix(slopes).xreplace(dict(zip(names, direction, strict=True)))


def _check_peer() -> Finding:
    for shape in SMOOTH:
        game = smooth(shape)
        here = game.local()
        there = here.at(game.later)
        sizes = tuple(map(step_size, here.players))
        for player, form in product(here.players, FORMS):
            end = there if form == "unrolled" else None
            whole = game.differentiated("peer", player, sizes, form)
            if not vanishes(whole - peer_learning(here, player, sizes, end)):
                return undecided(f"the {form} peer-learning correction differs for (entries, weights) {shape}")
            wrong = [(name, data, end) for name, data in altered(here, player).items()]
            if end is not None:
                wrong += [
                    ("one point", here, None),
                    ("the gradient at the first point", here, replace(there, gradients=here.gradients)),
                ]
            for name, data, last in wrong:
                if vanishes(whole - peer_learning(data, player, sizes, last)):
                    raise Undecided(f"the check cannot fail: it accepts {name}")
            steered = kernel(here, player) * shaping(here, player, sizes)
            change = first_order_change(game, player, peer_learning(here, player, sizes))
            if not vanishes(change - steered):
                return undecided("the policy changes by something else to first order")
    names = []
    for net in networks():
        here = net.local()
        for form in FORMS:
            end = here.at(net.later) if form == "unrolled" else None
            whole = net.differentiated("peer", 0, (alpha, alpha), form)
            if not all(map(is_zero, whole - peer_learning(here, 0, (alpha, alpha), end))):
                return undecided(f"{net.name}: the network's {form} correction differs")
        names.append(f"{net.name} ({len(net.weights[0])} weights each)")
    evidence = (
        Evidence(
            "identity",
            "values and policies as jets: the rule's own code on V(pi(theta)) against the kernel formula",
            "peer_i = sum_j alpha_j J_i^T M_ij K_j u_j^i in both forms, and sum_j alpha_j K_i M_ij K_j u_j^i in the "
            "policy; another kernel, other values or one point for two are noticed",
            {"entries_and_weights": [list(map(list, shape)) for shape in SMOOTH], "forms": list(FORMS)},
        ),
        Evidence(
            "identity",
            "tanh networks differentiated as a whole, tanh' = 1 - tanh^2, all weights symbolic",
            f"the same rational function of weights and activations: {', '.join(names)}",
            {"networks": names},
        ),
    )
    return Finding(
        Verdict.PROVED,
        "the mixed derivative needs first derivatives of the policies only, and a change of the weights acts by J_i",
        evidence,
    )


def _check_own() -> Finding:
    for shape in SMOOTH:
        game = smooth(shape)
        here = game.local()
        there = here.at(game.later)
        for player, form in product(here.players, FORMS):
            end = there if form == "unrolled" else None
            whole = game.differentiated("own", player, (alpha,) * len(shape), form)
            kernels, curved = own_learning(here, player, alpha, end)
            if not vanishes(whole - kernels - curved):
                return undecided(f"the {form} own-learning correction differs for (entries, weights) {shape}")
            if vanishes(whole - kernels) or vanishes(whole - curved):
                raise Undecided("the check cannot fail: it accepts one part for the whole")
        for player in here.players:
            kernels, curved = drift(here, player)
            difference = directional(game, player) - kernels - curved
            if not vanishes(difference):
                return undecided(f"(Dv v)_i differs for (entries, weights) {shape}")
            if vanishes(difference + curved):
                raise Undecided("the check cannot fail: it accepts (Dv v)_i without curvature")
    for net in networks():
        here = net.local()
        whole = net.differentiated("own", 0, (alpha, alpha), "expanded")
        kernels, curved = own_learning(here, 0, alpha)
        if not all(map(is_zero, whole - kernels - curved)):
            return undecided(f"{net.name}: the network's own-learning correction differs")
        if not kernels.is_zero_matrix:
            return undecided(f"{net.name}: the kernel part does not vanish")
    for actions in ONE_SHOT:
        if not all(is_zero(entry) for player in range(len(actions)) for entry in own_curvature(actions, player)):
            return undecided(f"own second derivatives do not vanish for {actions} actions")
    evidence = (
        Evidence(
            "identity",
            "values and policies as jets: the rule's own code on V(pi(theta)) against kernel part + curvature part",
            "own-learning correction (both forms) and (Dv v)_i; neither part alone is accepted",
            {"entries_and_weights": [list(map(list, shape)) for shape in SMOOTH], "forms": list(FORMS)},
        ),
        Evidence(
            "identity",
            "closed forms with every payoff a symbol; tanh networks differentiated as a whole",
            "one-shot games: own second derivatives vanish in probabilities, so curvature is all that is left",
            {"actions": [list(actions) for actions in ONE_SHOT], "networks": [net.name for net in networks()]},
        ),
    )
    return Finding(Verdict.PROVED, "the second derivative of V(pi(theta)) also bends pi", evidence)


def directional(game: PolicyGame, player: int) -> Column:
    """(Dv·v)_i of the game in the weights, by differentiating v along v."""
    values = map(game.composed, game.values)
    joint = flat(game.weights)
    speed = flat([derivatives(value, row) for value, row in zip(values, game.weights, strict=True)])
    own = [speed[joint.index(w)] for w in game.weights[player]]
    return Matrix([dot(derivatives(entry, joint), speed) for entry in own])


# ------------------------------------------------------------------------------- own-learning is not in the kernels


def _check_from_kernel() -> Finding:
    """Three policies for player 1 of Stag Hunt, all at probability 1/2: a network, its tangent, mirrored weights."""
    net = played(stag_hunt().instance(), [network(name, SINGLE, 1, False) for name in "xy"])
    point = bent(net, HALF)
    rows = {
        "network": (net, point),
        "tangent": (linearised(net, point), point),
        "mirrored": (net, bent(net, -HALF)),
    }
    shown: dict[str, Any] = {}
    for name, (game, here) in rows.items():
        local = game.local().at(here)
        whole = game.differentiated("own", 0, (ONE, ONE), "expanded").xreplace(here)
        kernels, curved = own_learning(local, 0, ONE)
        if whole != kernels + curved:
            return undecided(f"{name}: the two routes differ")
        shown[name] = {
            "policy": [str(entry.xreplace(here)) for entry in game.policies[0]],
            "jacobian": strings(local.jacobians[0]),
            "kernel": strings(kernel(local, 0)),
            "gradient": strings(local.gradients[0][0]),
            "own_in_weights": strings(whole),
            "own_in_policy": strings(local.jacobians[0] * whole),
        }
    first, second, third = shown.values()
    for name in ("policy", "kernel", "gradient"):
        if not first[name] == second[name] == third[name]:
            return undecided(f"the networks differ in their {name}")
    moves = [Rational(row["own_in_policy"][0][0]) for row in shown.values()]
    if first["jacobian"] != second["jacobian"] or not (moves[0] > 0 == moves[1] > moves[2]):
        return undecided(f"the own-learning corrections move the policy by {moves}")
    evidence = Evidence(
        "counterexample",
        "exact activations, tanh(atanh(1/2)) = 1/2; the whole game differentiated, and the formula",
        f"stag-hunt at p = q = 1/2, network sigma(a tanh(w) + c): own-learning moves p by {moves[0]} alpha, its "
        f"tangent (same Jacobian) by {moves[1]}, mirrored weights (same architecture and kernel) by {moves[2]} alpha",
        shown,
    )
    return Finding(Verdict.REFUTED, "the curvature of the policy is not in the kernel", (evidence,))


def bent(game: PolicyGame, activation: Rational) -> dict[Symbol, Expr]:
    """Weights of one-unit networks with a = 1/2, the given activation tanh(w) and probability 1/2."""
    point: dict[Symbol, Expr] = {}
    for inner, outer, last in game.weights:
        point |= {inner: atanh(activation), outer: HALF, last: -HALF * activation}
    return point


# -------------------------------------------------------------------------------------------------------- alignment


def _check_condition() -> Finding:
    low, high, x = symbols("m M x", positive=True)
    s, f, g = symbols("s f g", real=True)
    middle, half = (high + low) / 2, (high - low) / 2
    if not is_zero(half**2 - (x - middle) ** 2 - (high - x) * (x - low)):
        return undecided("the turning lemma fails")
    if not is_zero(half / middle - largest_sine(high / low)):
        return undecided("the sine is another one")
    for size in (2, 3):
        c, z = unit(size, ZERO), unit(size, s)
        worst = extremal_kernel(z, c, low, high)
        annihilated = (worst - low * eye(size)) * (worst - high * eye(size))
        if not all(map(is_zero, (*(worst - worst.T), *annihilated))):
            return undecided("the extremal kernel has other eigenvalues")
        if not is_zero(z.dot(worst * c) - middle * z.dot(c) + half):
            return undecided("the bound is not attained")
    # Second route, in the plane: every kernel with these eigenvalues, f the tangent of its axis' angle.
    (cos, sin), c, z = half_turn(f), unit(2, ZERO), unit(2, s)
    every = middle * eye(2) + half * Matrix([[cos, sin], [sin, -cos]])
    excess = z.dot(every * c) - middle * z.dot(c) + half
    if not is_zero(excess - 2 * half * (1 + f * s) ** 2 / ((1 + f**2) * (1 + s**2))):
        return undecided("the kernels of the plane exceed the bound by something else")
    limit = 4
    c, cosine = Matrix([1, 0]), largest_sine(Integer(limit))
    z = Matrix([cosine, Rational(4, 5)])  # of length 1
    shown = []
    for condition in (limit - 1, limit, limit + 1):
        worst = extremal_kernel(z, c, ONE, Integer(condition))
        aligned = aligned_under_all(z, c, largest_sine(Integer(condition)) ** 2)
        value = z.dot(worst * c)
        if aligned != bool(value > 0):
            return undecided(f"kappa = {condition}: the condition says {aligned}, the extremal kernel {value}")
        shown.append({"kappa": condition, "kernel": strings(worst), "inner_product": str(value)})
    if [Rational(row["inner_product"]) > 0 for row in shown] != [True, False, False]:
        raise Undecided("the check cannot fail: the examples lie on one side")
    lower = Matrix([[low, 0], [g, high]])  # Cholesky: every K is such a product
    if linear_kernel(lower) != lower * lower.T:
        return undecided("a linear policy has another kernel")
    evidence = Evidence(
        "identity",
        "(K - h)^2 = delta^2 - (M - K)(K - m); the extremal kernel with symbolic eigenvalues and angle; second route: "
        "all kernels of the plane",
        f"<z, Kc> >= (M + m)/2 <z, c> - (M - m)/2 |z||c|, attained; at cos = {cosine} every kernel with kappa < "
        f"{limit} keeps alignment and one with kappa = {limit} gives 0",
        {"c": strings(c), "z": strings(z), "extremal": shown},
    )
    return Finding(Verdict.PROVED, "a kernel turns a vector by at most arcsin((kappa - 1)/(kappa + 1))", (evidence,))


def unit(size: int, half: Expr) -> Column:
    """A unit vector in the plane of the first two axes, by the tangent of half its angle."""
    return Matrix([*half_turn(half), *(ZERO,) * (size - 2)])


def linear_kernel(jacobian: Any) -> Any:
    """The kernel of the policy π = π₀ + Jθ, from its own Jacobian."""
    names = symbols(f"theta1:{jacobian.cols + 1}", real=True)
    slopes = Matrix(list(jacobian * Matrix(names))).jacobian(names)
    return slopes * slopes.T


def _check_pair() -> Finding:
    a, b = symbols("a b", positive=True)
    z, k_i, k_j, u = extremal_pair(a, b)
    if not is_zero(z.dot(k_i * k_j * u)):
        return undecided("the extremal pair does not reach a right angle")
    for matrix, half in ((k_i, a), (k_j, b)):
        sine = half_turn(half)[1]
        if not all(map(is_zero, (*(matrix - matrix.T), *((matrix - eye(2)) * (matrix - eye(2)) - sine**2 * eye(2))))):
            return undecided("an extremal kernel turns by more than its angle")
    halves, less = (Rational(1, 5), Rational(1, 3)), Rational(59, 100)  # sin A = 5/13, sin B = 3/5
    z, k_i, k_j, u = extremal_pair(*halves)
    sines = [half_turn(half)[1] for half in halves]
    first, second = (sine**2 for sine in sines)
    at_limit = (aligned_under_all(z, u, first, second), aligned_under_all(z, u, first, less**2))
    if at_limit != (False, True) or z.dot(k_i * k_j * u) != 0:
        return undecided("the condition without roots is not the condition on angles")
    if aligned_under_all(u, u, HALF, HALF) or not aligned_under_all(u, u, HALF, HALF - Rational(1, 1000)):
        return undecided("two kernels turn by a right angle together elsewhere than at eps_i^2 + eps_j^2 = 1")
    # Where M is not a multiple of an orthogonal matrix: K_j turns nothing here, so rho asks for too much.
    flat_m, slanted = Matrix([[1, 0], [0, 0]]), Matrix([Rational(3, 5), Rational(4, 5)])
    k, f, g = symbols("k f g", real=True)
    asked = pushed_sine(second, ONE, flat_m, u)
    if flat_m * Matrix([[k, f], [f, g]]) * u != k * u or aligned_under_all(slanted, u, first, asked):
        return undecided("the example in which rho is too large fails")
    if not _attained():
        return undecided("the example in which rho is attained fails")
    evidence = Evidence(
        "identity",
        "extremal kernels with symbolic angles; rational example; the condition decided without roots",
        f"at angle(z, u) + A + B = pi/2 a pair gives inner product 0, as for sines {sines[0]}, {sines[1]} and cos "
        f"{z.dot(u)}; with {less} for {sines[1]} every pair keeps alignment; "
        "even at angle 0 eps_i^2 + eps_j^2 < 1 is needed; M = diag(n, 1): a K_j "
        "turns by arcsin(rho), and eps_j for rho is refuted; for M = diag(1, 0) and u = (1, 0) K_j turns nothing and "
        "the condition with rho is not necessary",
        {"z": strings(z), "K_i": strings(k_i), "K_j": strings(k_j), "u": strings(u)},
    )
    return Finding(Verdict.PROVED, "<z, K_i M K_j u> = <K_i z, M K_j u>, and angles add up", (evidence,))


def _attained() -> bool:
    """Whether for M = diag(n, 1) and u = (sin B, cos B) a K_j turns Mu by arcsin ρ, and less does not suffice."""
    b, norm = symbols("b n", positive=True)

    def example(half: Expr, size: Expr) -> tuple[Expr, Column, Column]:
        cos, sin = half_turn(half)
        matrix, u = Matrix([[size, 0], [0, 1]]), Matrix([sin, cos])
        k_j = eye(2) + sin * turning(u, Matrix([1, 0]))
        return pushed_sine(sin**2, size, matrix, u), matrix * u, matrix * k_j * u

    rho, pushed, turned = example(b, norm)
    if not (is_zero(turned[0]) and is_zero(pushed[0] ** 2 - rho * pushed.dot(pushed))):
        return False
    half, z = Rational(1, 3), Matrix([1, 0])
    rho, pushed, turned = example(half, Rational(16, 9))  # eps_j = 3/5 and rho = 4/5
    if not aligned_under_all(z, pushed, ZERO, half_turn(half)[1] ** 2):
        raise Undecided("the check cannot fail: it does not tell rho from eps_j")
    return z.dot(turned) == 0 and not aligned_under_all(z, pushed, ZERO, rho)


def two_hunts(outer: Expr, shifted: bool = False) -> tuple[PolicyGame, dict[Symbol, Expr]]:
    """Both players with one hidden unit at 0, inputs 1 and -1, probability 1/2 in both Stag Hunts."""
    nets = [network(name, OPPOSITE, 1, shifted) for name in "xy"]
    point = {symbol: value for net in nets for symbol, value in at_rest(net, outer).items()}
    return played(hunts(), nets), point


def _check_kept() -> Finding:
    plain = tabular(hunts())
    names, here = flat(plain.entries), plain.local()
    for player in here.players:
        for entry in shaping(here, player, (ONE, ONE)):  # affine, >= 0 at all corners and not at 0 in all of them
            if not positive_on_box(entry, names, ZERO, ONE, weakly=True) or is_zero(entry):
                return undecided("the tabular correction does not point to Stag at every policy")
    game, point = two_hunts(Integer(3))
    toward, found = Matrix([HALF, HALF]), {}
    local = game.local().at(point)
    for player in local.players:
        corrected = local.jacobians[player] * game.differentiated("peer", player, (ONE, ONE), "expanded").xreplace(
            point
        )
        if corrected != kernel(local, player) * shaping(local, player, (ONE, ONE)):
            return undecided("the two routes differ")
        found[f"tabular_{player + 1}"] = toward.dot(shaping(local.tabular, player, (ONE, ONE)))
        found[f"network_{player + 1}"] = toward.dot(corrected)
    if not all((value > 0) == name.startswith("tabular") and value != 0 for name, value in found.items()):
        return undecided(f"the inner products are {found}")
    round_game, there = two_hunts(ONE)  # the same architecture with a kernel that is a multiple of the identity
    round_local = round_game.local().at(there)
    kept = toward.dot(kernel(round_local, 0) * shaping(round_local, 0, (ONE, ONE)))
    if not kept > 0 or kernel(round_local, 0) != kernel(round_local, 0)[0, 0] * eye(2):
        raise Undecided("the control fails: alignment is lost without a kernel's help")
    evidence = Evidence(
        "counterexample",
        "exact weights, both players' whole games differentiated and the kernel formula",
        f"{_HUNTS} with probability 1/2 each, network sigma(a tanh(w x) + c) with x = 1, -1 at "
        f"a = 3, w = c = 0, so p = q = 1/2: the tabular correction has inner product {found['tabular_1']} with the way "
        f"to Stag, the network's {found['network_1']}; at a = 1 the kernel is round and it is {kept}",
        {
            "kernel": strings(kernel(local, 0)),
            "round_kernel": strings(kernel(round_local, 0)),
            "control": str(kept),
            **{name: str(value) for name, value in found.items()},
        },
    )
    return Finding(
        Verdict.REFUTED, "a network that carries over between observations gives one's push to the other", (evidence,)
    )


# --------------------------------------------------------------------------------------------------------- one state


def _check_one_state() -> Finding:
    for count in (2, 3):
        game = smooth(((1, 2),) * count)
        here = game.local()
        for player in here.players:
            slopes = Matrix(derivatives(game.composed(game.values[player]), game.weights[player]))
            moved = first_order_change(game, player, slopes)
            if not vanishes(moved - kernel(here, player) * here.gradients[player][player]):
                return undecided("policy gradient is not multiplied by K_i")
        scales, sizes = [kernel(here, player)[0, 0] for player in here.players], tuple(map(step_size, here.players))
        for player in here.players:
            pushed = here.jacobians[player] * game.differentiated("peer", player, sizes, "expanded")
            parts = [
                scales[player] * scales[other] * shaping(here.tabular, player, only(sizes, other))[0]
                for other in here.players
                if other != player
            ]
            if not vanishes(pushed - Matrix([Add(*parts)])):
                return undecided(f"{count} players: a contribution is not multiplied by K_i K_j")
            if vanishes(pushed - shaping(here.tabular, player, sizes)):
                raise Undecided("the check cannot fail: it accepts the tabular correction itself")
    turned, flipped = _turned_gradient(), _flipped_sum()
    if not (turned[0] > 0 > turned[1]):
        return undecided(f"the policy gradient's inner products are {turned}")
    if not (flipped[0] < 0 < flipped[1]):
        return undecided(f"the sums over two peers are {flipped}")
    evidence = (
        Evidence(
            "identity",
            "values and policies as jets, one policy entry a player, two and three players",
            "J_i peer_i = sum_j K_i K_j (tabular contribution of j): for two players the whole vector times K_1 K_2",
            {"players": [2, 3]},
        ),
        Evidence(
            "counterexample",
            "exact weights",
            f"stag-hunt at (4/5, 1/2): <v, way to Stag> = {turned[0]}, with K_1 != K_2 {turned[1]}; three players: "
            f"V^1 = p2 - 2 p3, V^j = p1 pj: the sum over peers is {flipped[0]}, with K_2 > K_3 {flipped[1]}",
            {"policy_gradient": list(map(str, turned)), "three_players": list(map(str, flipped))},
        ),
    )
    return Finding(Verdict.PROVED, "the kernel of one entry is |J_i|^2, a positive number", evidence)


def only(sizes: Sequence[Expr], player: int) -> tuple[Expr, ...]:
    """The step sizes with all but one player's 0."""
    return tuple(size if other == player else ZERO for other, size in enumerate(sizes))


def _turned_gradient() -> tuple[Expr, Expr]:
    """⟨v, z⟩ in Stag Hunt at (4/5, 1/2), tabular and with output weights 3 and 0."""
    nets = [network(name, SINGLE, 1, False) for name in "xy"]
    game = played(stag_hunt().instance(), nets)
    here = game.local().at(
        {**at_rest(nets[0], Integer(3)), **at_rest(nets[1], ZERO), nets[0].weights[-1]: 2 * atanh(Rational(3, 5))}
    )
    way, slopes = (Rational(1, 5), HALF), [here.gradients[player][player][0] for player in here.players]
    scales = [kernel(here, player)[0, 0] for player in here.players]
    if scales[0] == scales[1]:
        raise Undecided("the kernels do not differ")
    return (
        dot(way, slopes),
        dot(way, [k * v for k, v in zip(scales, slopes, strict=True)]),
    )


def _flipped_sum() -> tuple[Expr, Expr]:
    """Player 1's correction in a game with V¹ = p₂ − 2p₃, Vʲ = p₁pⱼ, tabular and with output weight 3 for player 2."""
    payoff = {
        act: (Integer((act[1] == 0) - 2 * (act[2] == 0)), *(Integer(act[0] == act[j] == 0) for j in (1, 2)))
        for act in product((0, 1), repeat=3)
    }
    nets = [network(name, SINGLE, 1, False) for name in "xyz"]
    game = played(normal_form("two-peers", [("A", "B")] * 3, payoff), nets)
    outer = (ZERO, Integer(3), ZERO)
    point = {w: value for net, size in zip(nets, outer, strict=True) for w, value in at_rest(net, size).items()}
    here, sizes = game.local().at(point), (ONE,) * 3
    return shaping(here.tabular, 0, sizes)[0], (kernel(here, 0) * shaping(here, 0, sizes))[0]


# --------------------------------------------------------------------------------------------------------- sign boxes


def _check_sign_box() -> Finding:
    for size in (2, 3):
        for signs, others in product(product((1, -1), repeat=size), repeat=2):
            same = signs in (others, tuple(-sign for sign in others))
            if kept_signs(signs, others) != same:
                return undecided(f"signs {signs}, a kernel of signs {others}: kept is not {same}")
    for own, peers, others in product(product((1, -1), repeat=2), repeat=3):
        same = peers in (others, tuple(-sign for sign in others))
        if pushed_on(own, peers, others) != same:
            return undecided(f"signs {own} and {peers}, a peer's kernel of signs {others}: pushed on is not {same}")
    plain = tabular(hunts())
    names, here = flat(plain.entries), plain.local()
    for player in here.players:
        other = 1 - player
        strict = flat([here.gradients[player][player]])
        weak = (*here.hessians[other][player][other], *here.gradients[player][other])
        if not all(positive_on_box(entry, names, HALF, ONE) for entry in strict):
            return undecided("policy gradient does not point to Stag in the box")
        if not all(positive_on_box(entry, names, HALF, ONE, weakly=True) for entry in weak):
            return undecided("the box does not have the signs that the correction needs")
    net = network("x", OPPOSITE, 1, True)
    (first,), (second,) = net.hidden
    crossed = [network_kernel(net, OPPOSITE, shifted)[0, 1] - 1 - first * second for shifted in (True, False)]
    if not is_zero(crossed[0]) or crossed[1] == 0:  # 1 + h_1 h_2 > 0, since |tanh| < 1
        return undecided("the kernel with a hidden bias is not positive at all weights")
    shown: dict[str, Any] = {}
    for shifted in (True, False):
        game, point = two_hunts(Integer(3), shifted)
        local = game.local().at(point)
        gradient, correction = local.gradients[0][0], shaping(local, 0, (ONE, ONE))
        matrix = kernel(local, 0)
        moves = [list(matrix * (gradient + size * correction)) for size in (ZERO, Rational(1, 10))]
        nonnegative = all(entry >= 0 for entry in towards((1, 1), matrix, (1, 1)))
        shown["with_hidden_bias" if shifted else "without"] = {
            "kernel": strings(matrix),
            "moves_at_lambda_0_and_1/10": [list(map(str, row)) for row in moves],
        }
        if nonnegative != shifted or all(entry > 0 for row in moves for entry in row) != shifted:
            return undecided(f"hidden biases {shifted}: kernel {matrix}, moves {moves}")
    evidence = (
        Evidence(
            "identity",
            "S(KF) - diag(K) SF as a polynomial in the sizes of the entries of K and F, every sign pattern",
            "all coefficients are >= 0 where K has the signs of SS^T, and for no other pattern S'S'^T; so with the "
            "peers' S_j for S_i M_ij K_j u_j^i",
            {"sizes": [2, 3]},
        ),
        Evidence(
            "counterexample",
            "exact weights in a box where policy gradient and all that the correction is made of have the right signs",
            f"{_HUNTS}, box [1/2, 1]^4, network sigma(3 tanh(w x + b) + c) at w = b = c = 0: "
            "with b K_12 is a positive multiple of 1 + h_1 h_2 > 0 at all weights, and entries move to Stag in the "
            "whole box; without b K has a negative entry, and at lambda = 0 one leaves the box from here",
            shown,
        ),
    )
    return Finding(Verdict.PROVED, "S(KF) = (SKS)(SF) >= diag(K) SF, entry by entry", evidence)


def kept_signs(signs: Sequence[int], others: Sequence[int]) -> bool:
    """Whether S(KF) − diag(K)SF is a sum of terms ≥ 0 whenever SF ≥ 0 and S′KS′ ≥ 0, with two matrices of signs."""
    matrix, sizes = signed_kernel(others), Matrix(symbols(f"f1:{len(signs) + 1}"))
    moved = towards(signs, matrix * towards(signs, sizes))
    return sums_of_products(moved[i] - matrix[i, i] * size for i, size in enumerate(sizes))


def pushed_on(own: Sequence[int], peers: Sequence[int], others: Sequence[int]) -> bool:
    """Whether S_i M K_j u is a sum of terms ≥ 0 whenever S_i M S_j ≥ 0, S_j u ≥ 0 and S′K_jS′ ≥ 0, given the signs."""
    count = len(peers)
    mixed = Matrix(len(own), count, symbols(f"m1:{len(own) * count + 1}"))
    slopes = towards(peers, Matrix(symbols(f"u1:{count + 1}")))
    return sums_of_products(towards(own, towards(own, mixed, peers) * signed_kernel(others) * slopes))


def signed_kernel(signs: Sequence[int]) -> Any:
    """A symmetric matrix with the signs of SSᵀ and a symbol for the size of every entry."""
    places = range(len(signs))
    return towards(signs, Matrix([[Symbol(f"k_{min(i, j)}_{max(i, j)}") for j in places] for i in places]), signs)


def sums_of_products(entries: Iterable[Expr]) -> bool:
    """Whether no term of these polynomials has a negative coefficient: then they are ≥ 0 where the symbols are."""
    polynomials = (Poly(expand(entry), *sorted(entry.free_symbols, key=str)) for entry in entries)
    return all(coefficient >= 0 for polynomial in polynomials for coefficient in polynomial.coeffs())


# ---------------------------------------------------------------------------------------------------- networks' kernels


def _check_network() -> Finding:
    for units, shifted in product((1, 2), (True, False)):
        inputs = tuple(symbols(f"x{o}_1:3", real=True) for o in (1, 2))
        net = network("x", inputs, units, shifted)
        slopes = Matrix(net.logits).jacobian(net.weights)
        closed = network_kernel(net, inputs, shifted)
        if not all(map(is_zero, slopes * slopes.T - closed)):
            return undecided("the closed form differs from the Jacobian's")
        if network_kernel(net, inputs, not shifted) == closed:
            raise Undecided("the check cannot fail: hidden biases make no difference")
        if not all(map(is_zero, closed - sum_of_squares(net, inputs, shifted))):
            return undecided("the kernel is another sum of squares")
        outer = Matrix(net.probabilities).jacobian(net.weights)
        slope = [p * (1 - p) for p in net.probabilities]
        scaled = Matrix(2, 2, lambda i, j, slope=slope, closed=closed: slope[i] * slope[j] * closed[i, j])
        if not all(map(is_zero, outer * outer.T - scaled)):
            return undecided("probabilities have another kernel")
    shown = {}
    for name, inputs, shifted in (("one-hot", ((ONE, ZERO), (ZERO, ONE)), True), ("equal", (SINGLE * 2), True)):
        net = network("x", inputs, 1, shifted)
        matrix = network_kernel(net, inputs, shifted).xreplace(at_rest(net, Integer(2)))
        shown[name] = {"kernel": strings(matrix), "determinant": str(matrix.det())}
    if shown["equal"]["determinant"] != "0" or "0" in (
        shown["one-hot"]["kernel"][0][1],
        shown["one-hot"]["determinant"],
    ):
        return undecided("equal inputs have a regular kernel, or one-hot inputs a diagonal or singular one")
    apart = [network(name, SINGLE, 1, True) for name in ("x", "y")]
    slopes = Matrix([net.logits[0] for net in apart]).jacobian(flat([net.weights for net in apart]))
    if (slopes * slopes.T)[0, 1] != 0 or (slopes * slopes.T)[0, 0] == 0:
        return undecided("separate networks share something")
    evidence = Evidence(
        "identity",
        "J J^T of the network with symbolic weights and inputs against the closed form and its sum of squares",
        "K = 11^T + H H^T + sum_k a_k^2 D_k G D_k; one-hot inputs, hidden units at 0: regular, not diagonal; equal "
        "inputs: singular",
        {"units": [1, 2], **shown},
    )
    return Finding(
        Verdict.PROVED,
        "K - a_k^2 D_k G D_k is a sum of squares, D_k has the positive diagonal 1 - h_k^2, and G is a Gram matrix",
        (evidence,),
    )


def sum_of_squares(net: Network, inputs: Sequence[Sequence[Expr]], shifted: bool) -> Any:
    """11ᵀ + HHᵀ + Σ_k a_k² (D_k X)(D_k X)ᵀ with the inputs, and 1 for a bias, as the rows of X."""
    ones, rows = Matrix([1] * len(inputs)), Matrix([[*x, *([ONE] if shifted else [])] for x in inputs])
    acts = Matrix(net.hidden)
    total = ones * ones.T + acts * acts.T
    for k, a in enumerate(net.outer):
        scaled = Matrix(rows.rows, rows.cols, lambda o, d, k=k: (1 - acts[o, k] ** 2) * rows[o, d])
        total += a**2 * scaled * scaled.T
    return total


# --------------------------------------------------------------------------------------------------------- statements

_NOTATION = (
    "theta^i -> pi^i has the Jacobian J_i, K_i = J_i J_i^T, u_j^i = dV^i/dpi^j, M_ij = d_{pi^i} d_{pi^j} V^j, j != i",
    "separate weights for each player",
)
_ONE_STEP = "expanded form, L = 1"
_SMOOTH = "every smooth game and policy, entries and weights of any number (checked up to (2,3), and three players)"
_TWO_HUNTS = "two equally likely Stag Hunts seen by both players, tanh networks with one hidden unit"

CLAIMS = (
    Claim(
        "C17.kernel-peer",
        "In expanded form the peer-learning correction of the weights is sum_{j != i} alpha_j J_i^T M_ij K_j u_j^i and "
        "moves the policy by sum_{j != i} alpha_j K_i M_ij K_j u_j^i to first order in its size: at a given policy, "
        "networks enter through their kernels alone; in unrolled form u_j^i stands at pi(theta_1), and K_j becomes "
        "J_j(theta_0) J_j(theta_1)^T.",
        "THEORY 2, derived here",
        assumptions=(*_NOTATION, "V twice and pi once continuously differentiable"),
        scope=f"L = 1 (expanded: times L for L steps); {_SMOOTH}; second route: tanh networks with symbolic weights",
        check=_check_peer,
    ),
    Claim(
        "C17.kernel-own",
        "The own-learning correction is alpha_i [J_i^T H_ii K_i u_i^i + sum_k (u_i^i)_k Hess(pi_k) J_i^T u_i^i], a "
        "kernel part and a curvature part; (Dv v)_i is J_i^T sum_j (d_{pi^i} d_{pi^j} V^i) K_j u_j^j, over all j, and "
        "the bracket's curvature part; in one-shot games with probabilities as pi H_ii = 0, and own-learning is "
        "curvature alone.",
        "THEORY 2, derived here",
        assumptions=(*_NOTATION, "H_ii = d^2 V^i/(d pi^i)^2", "V and pi twice continuously differentiable"),
        scope=f"{_ONE_STEP}; unrolled: J_i^T u_i^i on the right of both parts at theta_1, all else at theta_0; "
        f"{_SMOOTH}; one-shot: every payoff symbolic, 2 and 3 players, 2 and 3 actions",
        check=_check_own,
    ),
    Claim(
        "C17.own-from-kernel",
        "The game and, at the given weights, the policies and the kernels determine how own-learning moves the policy "
        "to first order.",
        "C17.kernel-peer asked of own-learning",
        scope=f"{_ONE_STEP}; refuted with equal Jacobians, and with equal kernels within one architecture",
        check=_check_from_kernel,
    ),
    Claim(
        "C17.alignment-condition",
        "<z, Kc> > 0 for every symmetric K with eigenvalues in [m, M] if and only if cos angle(z, c) > (kappa - 1)/"
        "(kappa + 1), kappa = M/m.",
        "Wielandt's inequality",
        assumptions=(
            "0 < m <= M: K is regular (not so for the probabilities of all of a player's actions as entries)",
            "z and c are not 0",
        ),
        scope="every dimension; c is any vector of one player's entries that moves the policy by Kc: u_i^i, or "
        "sum_j alpha_j M_ij K_j u_j^i with the peers' kernels in it; every K is the kernel of a linear policy; for all "
        "players together, with a block-diagonal K, the condition suffices",
        check=_check_condition,
    ),
    Claim(
        "C17.alignment-peer",
        "<z, K_i M K_j u> > 0 for all kernels with condition numbers up to kappa_i, kappa_j if angle(z, Mu) + "
        "arcsin(eps_i) + arcsin(rho) < pi/2, where eps = (kappa - 1)/(kappa + 1) and rho = eps_j |M||u|/|Mu| < 1; if M "
        "is a positive multiple of an orthogonal matrix, rho = eps_j and the condition is also necessary.",
        "derived here",
        assumptions=(
            "K_i and K_j symmetric positive definite, |M| the spectral norm, and z, u, Mu not 0",
            "for necessity: two or more entries",
        ),
        scope="one peer's contribution to one player (alpha_j > 0); those of several add up; both kernels at one point",
        check=_check_pair,
    ),
    Claim(
        "C17.alignment-kept",
        "If the tabular peer-learning correction points to the target at every mixed policy, so does a network's.",
        "the tabular alignment read for networks",
        assumptions=("points to = positive inner product with the way to the target, each player, in probabilities",),
        scope=f"{_ONE_STEP}; {_TWO_HUNTS}",
        check=_check_kept,
    ),
    Claim(
        "C17.one-state",
        "In a one-shot game of players with two actions the policy of a network moves, to first order, by K_i v_i and "
        "by K_i K_j times peer j's tabular contribution to player i: none of these changes its sign, and for two "
        "players the whole peer-learning correction keeps its direction.",
        "derived here",
        assumptions=(
            "no Jacobian is 0",
            "pi one probability or one logit for each player, v tabular in the same",
        ),
        scope=f"{_ONE_STEP}; not kept: the direction of v, and the sign of a sum over two or more peers (shown)",
        check=_check_one_state,
    ),
    Claim(
        "C17.sign-box",
        "If at all weights with pi in a box S_i F_i > 0 in every entry, F_i = u_i^i + lambda sum_j M_ij K_j u_j^i, and "
        "S_i K_i S_i >= 0 in every entry and > 0 on the diagonal, then under theta' = v + lambda C a run that starts "
        "in the box stays there and every entry of pi moves strictly towards the profile; S_i F_i > 0 follows from "
        "S_i u_i^i > 0, S_i M_ij S_j >= 0, S_j u_j^i >= 0 and S_j K_j S_j >= 0.",
        "derived here",
        assumptions=(
            "S_i is the diagonal matrix of signs towards a pure profile (1: up, -1: down)",
            "all weights are allowed, and pi are probabilities at all of them (not so for pi = theta)",
            "the box is a product of closed intervals that end at the profile",
            "continuous time, exact gradients, lambda >= 0, C as in C17.kernel-peer with every alpha_j = 1",
            "V and pi twice continuously differentiable",
        ),
        scope=f"{_ONE_STEP}, without own-learning; as long as the solution exists; that it comes to the profile is not "
        f"said (J may tend to 0); met at all weights, and shown to need the signs of K, in {_TWO_HUNTS}",
        check=_check_sign_box,
    ),
    Claim(
        "C17.network-kernel",
        "The logits c + sum_k a_k tanh(w_k.x + b_k) have the kernel 11^T + H H^T + sum_k a_k^2 D_k G D_k with "
        "D_k = diag(1 - h_k^2), G = x.x' + 1; it is positive definite if the vectors (x, 1) are linearly independent "
        "and some a_k is not 0. With one entry an observation a kernel is diagonal where no weight serves two "
        "observations; one-hot inputs do not suffice.",
        "derived here",
        assumptions=("every weight is learnt", "H the activations h_k at the observations x"),
        scope="without b_k: G = x.x' and x for (x, 1); probabilities: row and column times p(1 - p); checked for 1 and "
        "2 units, 2 inputs and 2 observations, all symbolic (units add up, entries concern two observations)",
        check=_check_network,
    ),
)
