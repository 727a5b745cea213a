"""The derived terms against automatic differentiation through the whole unroll, which shares no code with them.

Per shape and coordinates one program is derived for *every* game of the shape (all tables symbolic) and evaluated at
fifty random games at once; the oracle (see :mod:`autodiff`) runs in a process of its own on the same numbers. Rewards
are scaled by 1 − γ, so that values, slopes and terms are of order one and 1e-10 means ten digits.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Symbol, symbols

from numerics.compile import compile_program
from theory.decomposition import decompose, differentiated_unroll, two_point_terms
from theory.games import Game
from theory.policies import Coordinates, parameters
from theory.program import Program
from theory.symbols import alpha, step_size

Array = NDArray[np.float64]
Batch = dict[str, Array]

ORACLE = Path(__file__).with_name("autodiff.py")
LIMIT = 300  # seconds for the oracle: a few on an idle machine
GAMES = 50  # of each of the four kinds
LENGTHS = range(1, 7)
TOLERANCE = 1e-10
SPLITS = ("terminal", "path", "expanded")
TERMS = ("current", "own", "peer")


@dataclass(frozen=True)
class Kind:
    """Random games of one shape."""

    coordinates: Coordinates
    states: int
    actions: tuple[int, ...]
    seed: int

    @property
    def players(self) -> range:
        return range(len(self.actions))

    def batch(self) -> Batch:
        """Random games, interior policies and step sizes, one of each per row."""
        rng = np.random.default_rng(self.seed)
        shape = (GAMES, self.states, *self.actions)
        discount = rng.uniform(0.2, 0.95, GAMES)
        rewards = rng.normal(size=(*shape, len(self.actions)))
        arrays = {
            "start": rng.dirichlet(np.ones(self.states), GAMES),
            "transition": rng.dirichlet(np.ones(self.states), shape),
            "reward": rewards * (1 - discount).reshape(-1, *[1] * (rewards.ndim - 1)),
            "discount": discount,
            "step_sizes": rng.uniform(0.05, 0.3, (GAMES, len(self.actions))),
        }
        for i, actions in enumerate(self.actions):
            chances = rng.dirichlet(np.full(actions, 4.0), (GAMES, self.states))
            free = chances[..., :1] if actions == 2 else chances
            arrays[f"parameters_{i + 1}"] = rng.normal(size=free.shape) if self.coordinates == "logit" else free
        return arrays

    def game(self) -> Game:
        """The game whose tables are all symbols; the last probability of a distribution is 1 less the others."""
        joint = len(list(product(*map(range, self.actions))))
        held: dict[Symbol, Rational] = {}

        def distribution(label: str) -> tuple[Expr, ...]:
            free = symbols(f"{label}_:{self.states - 1}", real=True)
            held.update(dict.fromkeys(free, Rational(1, self.states)))
            return (*free, 1 - sum(free, Integer(0)))

        start = distribution("start")
        transition = tuple(tuple(distribution(f"t{s}_{k}") for k in range(joint)) for s in range(self.states))
        rows = product(range(self.states), range(joint))
        reward = {(s, k): symbols(f"r{s}_{k}_:{len(self.actions)}", real=True) for s, k in rows}
        gamma = Symbol("gamma_", real=True)
        held |= dict.fromkeys([symbol for row in reward.values() for symbol in row], Rational(0)) | {gamma: Rational(0)}
        return Game(
            name="every game of this shape",
            actions=tuple(tuple(f"a{a}" for a in range(count)) for count in self.actions),
            states=tuple(f"s{s}" for s in range(self.states)),
            start=start,
            transition=transition,
            reward=tuple(tuple(reward[s, k] for k in range(joint)) for s in range(self.states)),
            discount=gamma,
            parameters=tuple(held.items()),
        )

    def inputs(self, batch: Batch, suffix: str = "") -> dict[Symbol, Array]:
        """Every symbol of the derived programs with its values, shape (games,)."""
        game = self.game()
        flat = batch["transition"].reshape(GAMES, -1, self.states)
        rewards = batch["reward"].reshape(GAMES, -1)
        tables = np.concatenate([batch["start"][:, None], flat], axis=1)[:, :, :-1].reshape(GAMES, -1)
        held = np.concatenate([tables, rewards, batch["discount"][:, None]], axis=1)
        found = {symbol: column for (symbol, _), column in zip(game.parameters, held.T, strict=True)}
        found |= {step_size(i): batch["step_sizes"][:, i] for i in self.players}
        return found | self.placed(batch, suffix)

    def placed(self, batch: Batch, suffix: str = "") -> dict[Symbol, Array]:
        """φ of every player, under the names with a suffix."""
        blocks = (batch[f"parameters_{i + 1}"].reshape(GAMES, -1).T for i in self.players)
        rows = parameters(self.game(), self.coordinates, suffix)
        return {
            s: column for row, block in zip(rows, blocks, strict=True) for s, column in zip(row, block, strict=True)
        }


KINDS = {
    "2 players, direct": Kind("direct", 3, (2, 2), 1),
    "2 players, logit": Kind("logit", 2, (2, 3), 2),
    "3 players, direct": Kind("direct", 2, (2, 2, 2), 3),
    "3 players, logit": Kind("logit", 2, (2, 2, 2), 4),
}


def oracle(kind: Kind, batch: Batch, folder: Path) -> dict[str, Array]:
    """The oracle's answer, from a process of its own."""
    source, target = folder / "in.npz", folder / "out.npz"
    stored = {"coordinates": np.array(kind.coordinates), **batch}
    np.savez(source, **{f"games/{name}": array for name, array in stored.items()})
    done = subprocess.run(
        [sys.executable, str(ORACLE), str(source), str(target)],
        capture_output=True, text=True, timeout=LIMIT, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(target) as answer:
        found = {name: answer[name] for name in answer.files}
    assert not {"theory", "numerics", "sympy"} & set(found.pop("loaded")), "the oracle shares code with what it checks"
    return {name.removeprefix("games/"): array for name, array in found.items()}


def evaluated(program: Program, inputs: Mapping[Symbol, Array]) -> dict[str, Array]:
    """A program at every game at once, shape (games, entries) per block."""
    known = {symbol: inputs[symbol] for symbol in program.inputs}
    rows = program.run(known, lambda number: np.full(GAMES, float(number)), np.exp)
    return {block: np.stack(entries, axis=1) for block, entries in rows.items()}


def terms(kind: Kind, length: int, split: str) -> Program:
    """The derived terms of one form, step sizes of the players' own."""
    options: dict[str, Any] = {"form": "expanded"} if split == "expanded" else {"split": split}
    return decompose(kind.game(), kind.coordinates, length, asymmetric=True, **options).program


def far(found: Array, wanted: Array) -> Array:
    """Distance of each game's entries, relative where they exceed one."""
    return np.abs(found - wanted).max(axis=1) / np.maximum(1, np.abs(wanted).max(axis=1))


# Six programs take half a minute to derive for two players and three times as long for three.
@pytest.mark.parametrize(
    ("name", "longest"),
    [("2 players, logit", 2), *(pytest.param(name, max(LENGTHS), marks=pytest.mark.thorough) for name in KINDS)],
)
def test_every_term_is_what_automatic_differentiation_finds(name: str, longest: int, tmp_path: Path) -> None:
    """L from 1 to 6, both splits and the form at φ₀, every player; each control misses in most of the games."""
    kind = KINDS[name]
    batch = kind.batch()
    wanted, inputs = oracle(kind, batch, tmp_path), kind.inputs(batch)
    misses: dict[str, list[Array]] = {}

    def control(label: str, found: Array, right: Array) -> None:
        misses.setdefault(label, []).append(far(found, right))

    for length, split in product(LENGTHS[:longest], SPLITS):
        found = evaluated(terms(kind, length, split), inputs)
        for i in kind.players:
            right = {term: wanted[f"{split}/{term}_{i + 1}"][length - 1] for term in TERMS}
            mine = {term: found[f"{term}_{i + 1}"] for term in TERMS}
            for term in TERMS:
                assert far(mine[term], right[term]).max() < TOLERANCE, (length, split, term, i)
            other = (i + 1) % len(kind.actions)
            if kind.actions[i] == kind.actions[other]:
                control(f"{split}: players swapped", found[f"peer_{other + 1}"], right["peer"])
            if split == "expanded":
                unrolled = {term: wanted[f"terminal/{term}_{i + 1}"][length - 1] for term in TERMS}
                for term in TERMS:
                    control(f"{term} at the start", mine[term], unrolled[term])
                continue
            total = wanted[f"total_{i + 1}"][length - 1]
            assert far(sum(mine.values()), total).max() < TOLERANCE, (length, split, i)
            for term in TERMS:
                control(f"without {term}", sum(mine.values()) - mine[term], total)
            if length > 1:
                control("own of the other split", mine["own"], wanted[f"{OTHER[split]}/own_{i + 1}"][length - 1])
    assert len(misses) == (10 if len(set(kind.actions)) == 1 else 7)  # players of different sizes cannot be swapped
    for label, distances in misses.items():
        assert np.median(distances) > 1e4 * TOLERANCE, label
        assert (np.concatenate(distances) > TOLERANCE).mean() > 0.95, label


OTHER = {"terminal": "path", "path": "terminal"}


@pytest.mark.parametrize("name", KINDS)
def test_each_factor_has_its_point(name: str, tmp_path: Path) -> None:
    """L = 1 with φ₀ and φ₁ as independent symbols: any factor at the wrong point misses the derivative."""
    kind = KINDS[name]
    batch = kind.batch()
    batch["step_sizes"][:] = batch["step_sizes"][:, :1]  # two_point_terms has one common α
    inputs = kind.inputs(batch)
    slopes = evaluated(decompose(kind.game(), kind.coordinates, 1, "expanded", True).program, inputs)
    size = batch["step_sizes"][:, :1]
    after = {
        f"parameters_{i + 1}": batch[f"parameters_{i + 1}"].reshape(GAMES, -1) + size * slopes[f"current_{i + 1}"]
        for i in kind.players
    }
    program = two_point_terms(kind.game(), kind.coordinates)
    points = {"start": batch, "end": {**batch, **after}}

    def at(first: str, second: str) -> dict[str, Array]:
        chosen = inputs | kind.placed(points[first]) | kind.placed(points[second], "_next")
        return evaluated(program, {**chosen, alpha: size[:, 0]})

    second_route = differentiated_unroll(kind.game(), kind.coordinates, 1, True)
    totals = evaluated(second_route, inputs)
    for first, second in product(points, repeat=2):
        found = at(first, second)
        for i in kind.players:
            total = sum(found[f"{term}_{i + 1}"] for term in TERMS)
            distance = far(total, totals[f"total_{i + 1}"])
            if (first, second) == ("start", "end"):
                assert distance.max() < TOLERANCE
            else:
                assert np.median(distance) > 1e4 * TOLERANCE, (first, second)


def chained_values(kind: Kind, row: Mapping[str, Array], blocks: Sequence[Array]) -> Array:
    """Every player's value at one policy, complex numbers allowed; plain NumPy."""
    joint: Array = np.ones((kind.states, 1))
    for actions, block in zip(kind.actions, blocks, strict=True):
        if kind.coordinates == "logit":
            weights = np.exp(np.concatenate([block, np.zeros_like(block)], axis=1) if actions == 2 else block)
            policy = weights / weights.sum(axis=1, keepdims=True)
        elif actions == 2:
            policy = np.concatenate([block, 1 - block], axis=1)
        else:
            policy = block + (1 - block.sum(axis=1, keepdims=True)) / actions
        joint = (joint[:, :, None] * policy[:, None, :]).reshape(kind.states, -1)
    moves = np.einsum("sk,skt->st", joint, row["transition"].reshape(kind.states, -1, kind.states))
    paid = np.einsum("sk,ski->si", joint, row["reward"].reshape(kind.states, -1, len(kind.actions)))
    found: Array = row["start"] @ np.linalg.solve(np.eye(kind.states) - row["discount"] * moves, paid)
    return found


def stepped(kind: Kind, row: Mapping[str, Array], blocks: Sequence[Array]) -> list[Array]:
    """One inner step; slopes by the complex step, exact to rounding."""
    tiny, after = 1e-30, []
    for i, block in enumerate(blocks):
        slope = np.empty_like(block)
        for place in np.ndindex(block.shape):
            moved = [b.astype(complex) for b in blocks]
            moved[i][place] += 1j * tiny
            slope[place] = chained_values(kind, row, moved)[i].imag / tiny
        after.append(block + row["step_sizes"][i] * slope)
    return after


def rows_of(batch: Batch, count: int) -> Iterator[dict[str, Array]]:
    yield from ({name: array[g] for name, array in batch.items()} for g in range(count))


@pytest.mark.parametrize(
    ("name", "length"), [("2 players, direct", 3), ("2 players, logit", 1), ("3 players, logit", 2)]
)
def test_finite_differences(name: str, length: int) -> None:
    """Central differences of Vⁱ(φ_L) in φ₀ⁱ, a third route, at a few games; rounding leaves about eight digits."""
    kind, games, nudge = KINDS[name], 2, 1e-5
    batch = kind.batch()
    found = evaluated(terms(kind, length, "terminal"), kind.inputs(batch))
    for g, row in enumerate(rows_of(batch, games)):
        start = [row[f"parameters_{i + 1}"] for i in kind.players]
        for i in kind.players:
            difference = []
            for place in np.ndindex(start[i].shape):
                ends = []
                for sign in (1, -1):
                    blocks = [b.copy() for b in start]
                    blocks[i][place] += sign * nudge
                    for _ in range(length):
                        blocks = stepped(kind, row, blocks)
                    ends.append(chained_values(kind, row, blocks)[i])
                difference.append((ends[0] - ends[1]) / (2 * nudge))
            total = sum(found[f"{term}_{i + 1}"][g] for term in TERMS)
            np.testing.assert_allclose(difference, total, rtol=1e-6, atol=1e-7)
            assert np.abs(difference - (total - found[f"peer_{i + 1}"][g])).max() > 1e-5


def test_the_compiled_function_gives_the_same() -> None:
    """The bridge to NumPy: compiled, the program returns what it does step by step."""
    kind = KINDS["2 players, direct"]
    program = terms(kind, 2, "terminal")
    inputs = kind.inputs(kind.batch())
    compiled = compile_program(program, {"all": program.inputs})
    found = compiled(all=np.stack([inputs[symbol] for symbol in program.inputs]))
    for block, wanted in evaluated(program, inputs).items():
        assert far(found[block].T, wanted).max() < TOLERANCE
