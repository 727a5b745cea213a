"""Finite discounted stochastic games, the one kind of game the package knows.

A game (Shapley 1953; Fink 1964) has players i = 1..N, states s, the same finite actions of each player in every state,
a transition kernel P(s′ | s, a), rewards rⁱ(s, a), a discount factor γ in [0, 1) and a start distribution ρ. Values
are totals, Σ γᵗ rᵗ; multiply by (1 − γ) for means.

* A one-shot (normal-form) game is one state with γ = 0: :func:`normal_form`.
* A memory-one repeated game has one state per last joint action and a start state: :func:`memory_one`. With a finite
  horizon H its states also count the rounds, and end in an absorbing state without rewards.

Policies are stationary in what players *observe*. Usually that is the state; with a finite horizon it is the last joint
action without the round, so that one memory-one policy plays all rounds.

All numbers are exact: SymPy rationals, or symbols for which ``parameters`` keeps the current value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product

from sympy import Expr, Integer, Number, NumberSymbol, Rational, S, Symbol, sympify
from sympy.core.numbers import ComplexInfinity

from theory import exact
from theory.errors import BadInput

JointAction = tuple[int, ...]
START = "∅"


@dataclass(frozen=True)
class Game:
    """A finite discounted stochastic game.

    Attributes:
        name: how the game is called on the command line.
        actions: action names of each player.
        states: state names; the order is the order of every per-state vector in the package.
        start: ρ(s), one entry per state.
        transition: ``transition[s][k][t]`` = P(t | s, k-th joint action of :attr:`joint_actions`).
        reward: ``reward[s][k][i]`` = rⁱ(s, k-th joint action).
        discount: γ.
        parameters: symbols that occur in the tables, with the value each has in this instance.
        ordering: linear forms in the parameters that are > 0 in the whole class of games (R − T > 0, …).
        target: the equilibrium asked about, as each player's action in the start states; ``None`` if there is none.
        own_view: ``own_view[i][o]`` is the index of the observation whose name player i uses for o. In a repeated game
            of two players, player 2 sees CD as DC: its own action is written first.
        observations: names of what policies see, in the order of every policy's parameters; the states by default.
        observed: ``observed[s]`` is the index of what is observed in state s.
        horizon: number of rounds of a finite-horizon game, or ``None``.
    """

    name: str
    actions: tuple[tuple[str, ...], ...]
    states: tuple[str, ...]
    start: tuple[Expr, ...]
    transition: tuple[tuple[tuple[Expr, ...], ...], ...]
    reward: tuple[tuple[tuple[Expr, ...], ...], ...]
    discount: Expr
    parameters: tuple[tuple[Symbol, Rational], ...] = ()
    ordering: tuple[Expr, ...] = ()
    target: tuple[str, ...] | None = None
    own_view: tuple[tuple[int, ...], ...] | None = None
    observations: tuple[str, ...] = ()
    observed: tuple[int, ...] = ()
    horizon: int | None = None

    def __post_init__(self) -> None:
        """Refuse tables of the wrong shape or sums, γ outside [0, 1), and parameters outside the class of games."""
        if not self.observations:
            object.__setattr__(self, "observations", self.states)
            object.__setattr__(self, "observed", tuple(range(len(self.states))))
        place = f"game {self.name!r}"
        for label, names in (("states", self.states), ("observations", self.observations)):
            if len(set(names)) < len(names):
                raise BadInput(f"{place}: two {label} have the same name.")
        self._check_numbers(place)
        states, joint = len(self.states), len(self.joint_actions)
        if len(self.start) != states:
            raise BadInput(f"{place}: start has {len(self.start)} entries for {states} states.")
        for label, table in (("transition", self.transition), ("reward", self.reward)):
            if len(table) != states or any(len(rows) != joint for rows in table):
                raise BadInput(f"{place}: {label} needs {states} states × {joint} joint actions.")
        if len(self.observed) != states or any(o not in range(len(self.observations)) for o in self.observed):
            raise BadInput(f"{place}: observed needs {states} indices of observations.")
        self._check_distribution(self.start, f"{place}: start")
        for state, rows in zip(self.states, self.transition, strict=True):
            for action, row in zip(self.joint_actions, rows, strict=True):
                where = f"{place}: transition from {state} under {self.action_names(action)}"
                if len(row) != states:
                    raise BadInput(f"{where} has {len(row)} entries for {states} states.")
                self._check_distribution(row, where)
        if any(len(row) != self.players for rows in self.reward for row in rows):
            raise BadInput(f"{place}: every reward needs {self.players} entries, one per player.")
        if not 0 <= self.value_of(self.discount) < 1:
            raise BadInput(f"{place}: the discount factor must lie in [0, 1), not {self.value_of(self.discount)}.")
        for form in self.ordering:
            if not self.value_of(form) > 0:
                raise BadInput(f"{place}: these parameters break {form} > 0, which defines this class of games.")
        if self.target is not None:
            if len(self.target) != self.players:
                raise BadInput(f"{place}: target needs {self.players} actions, one per player.")
            for player, name in enumerate(self.target):
                self.action_index(player, name)

    def _check_numbers(self, place: str) -> None:
        """Every number must be rational and every symbol must have a value."""
        for symbol, value in self.parameters:
            if not isinstance(value, Rational):
                raise BadInput(f"{place}: the parameter {symbol} needs an exact rational value, not {value}.")
        valued = {symbol for symbol, _ in self.parameters}
        tables = (self.transition, self.reward)
        # A game with many states repeats few different entries.
        for entry in {*self.start, self.discount, *(e for table in tables for r in table for c in r for e in c)}:
            inexact = [
                number for number in entry.atoms(Number, NumberSymbol, ComplexInfinity) if not number.is_Rational
            ]
            if inexact or (entry.is_number and not entry.is_Rational):
                raise BadInput(f"{place}: {entry} is not an exact rational number.")
            if not entry.free_symbols <= valued:
                loose = min(map(str, entry.free_symbols - valued))
                raise BadInput(f"{place}: the symbol {loose} occurs in its tables but has no value.")

    def _check_distribution(self, row: Sequence[Expr], place: str) -> None:
        possible = [entry for entry in row if entry is not S.Zero]  # few of many states
        if any(self.value_of(entry) < 0 for entry in possible):
            raise BadInput(f"{place}: a probability is negative.")
        total = sum(possible, Integer(0))
        if not exact.is_zero(total - 1):
            raise BadInput(f"{place}: probabilities sum to {total}, not 1.")

    @property
    def players(self) -> int:
        """Number of players N."""
        return len(self.actions)

    @cached_property
    def joint_actions(self) -> tuple[JointAction, ...]:
        """All joint actions as index tuples, the last player's action changing fastest."""
        return tuple(product(*(range(len(names)) for names in self.actions)))

    @property
    def one_shot(self) -> bool:
        """Whether this is a normal-form game."""
        return len(self.states) == 1 and self.discount == 0

    def __str__(self) -> str:
        """What the game is in one line; under it a one-shot game's payoffs, by joint action."""
        parts = ["actions " + " | ".join(", ".join(names) for names in self.actions)]
        if not self.one_shot:
            rounds = "" if self.horizon is None else f", {self.horizon} rounds"
            parts.append(f"observations {' '.join(self.observations)}{rounds}")
            parts.append(f"discount {self.value_of(self.discount)}")
        parts += [f"{symbol} = {value}" for symbol, value in self.parameters if symbol != self.discount]
        parts.append(f"target {','.join(self.target or ('none',))}")
        lines = [f"{self.name}: {'; '.join(parts)}"]
        if self.one_shot:
            for joint, row in zip(self.joint_actions, self.instance().reward[0], strict=True):
                lines.append(f"  {self.action_names(joint)}: {', '.join(map(str, row))}")
        return "\n".join(lines)

    def action_names(self, action: JointAction) -> str:
        """A joint action in words, such as ``Stag,Hare``."""
        return ",".join(self.actions[player][index] for player, index in enumerate(action))

    def action_index(self, player: int, action: str) -> int:
        """Index of a player's action by name.

        Raises:
            BadInput: the player has no such action.
        """
        try:
            return self.actions[player].index(action)
        except ValueError:
            names = ", ".join(self.actions[player])
            raise BadInput(
                f"game {self.name!r}: player {player + 1} has no action {action!r} (only {names})."
            ) from None

    def value_of(self, expression: Expr) -> Expr:
        """An expression in the parameters at their values in this instance."""
        return sympify(expression).xreplace(dict(self.parameters))

    def instance(self) -> Game:
        """The same game with every parameter replaced by its value (all tables rational)."""
        value_of = lru_cache(maxsize=None)(self.value_of)  # tables have few different entries
        return replace(
            self,
            start=tuple(map(value_of, self.start)),
            transition=tuple(tuple(tuple(map(value_of, row)) for row in rows) for rows in self.transition),
            reward=tuple(tuple(tuple(map(value_of, row)) for row in rows) for rows in self.reward),
            discount=value_of(self.discount),
            parameters=(),
            ordering=(),
        )

    def with_parameters(self, values: Mapping[str, object]) -> Game:
        """The same game at other parameter values, given by name and read exactly.

        Raises:
            BadInput: an unknown name, a value that is no exact number, or γ outside [0, 1).
        """
        return replace(self, parameters=exact.overridden(self.parameters, values, f"game {self.name!r}"))

    def with_target(self, target: Sequence[str]) -> Game:
        """The same game asked about another equilibrium.

        Raises:
            BadInput: not one known action per player.
        """
        return replace(self, target=tuple(target))

    @property
    def total_weight(self) -> Expr:
        """Σ γᵗ over the rounds: what a total value is divided by to give a mean value."""
        if self.horizon is None:
            return 1 / (1 - self.discount)
        return sum((self.discount**t for t in range(self.horizon)), Integer(0))

    def seen_by(self, player: int, observation: int) -> str:
        """The name a player gives to an observation: its own last action comes first in a repeated game."""
        return self.observations[observation if self.own_view is None else self.own_view[player][observation]]


def normal_form(
    name: str,
    actions: Sequence[Sequence[str]],
    payoff: Mapping[JointAction, Sequence[Expr]],
    *,
    parameters: Sequence[tuple[Symbol, Rational]] = (),
    ordering: Sequence[Expr] = (),
    target: Sequence[str] | None = None,
) -> Game:
    """A one-shot game: one state, γ = 0.

    Args:
        name: the game's name.
        actions: action names of each player.
        payoff: each joint action's payoffs, one per player.
        parameters: symbols in the payoffs with their values.
        ordering: linear forms > 0 in the class of games.
        target: the equilibrium asked about, one action per player.
    """
    joint = tuple(product(*(range(len(names)) for names in actions)))
    return Game(
        name=name,
        actions=tuple(tuple(names) for names in actions),
        states=("·",),
        start=(Integer(1),),
        transition=(tuple((Integer(1),) for _ in joint),),
        reward=(tuple(tuple(sympify(e, strict=True) for e in payoff[action]) for action in joint),),
        discount=Integer(0),
        parameters=tuple(parameters),
        ordering=tuple(ordering),
        target=None if target is None else tuple(target),
    )


def memory_one(
    stage: Game,
    discount: Expr,
    *,
    name: str,
    parameters: Sequence[tuple[Symbol, Rational]] | None = None,
    horizon: int | None = None,
    begins_after: JointAction | None = None,
) -> Game:
    """The repeated game in which policies see the last joint action.

    Observations are ∅ (the first round) and then the stage game's joint actions in their order: CC, CD, DC, DD for two
    players with actions C, D. One is named by its actions' initials (by the full names where initials clash), player 1
    first. Player i's own view puts its action first and keeps the others' cyclic order, so player 2 calls CD what
    player 1 calls DC. Without a horizon the states are the observations.

    Args:
        stage: a one-shot game.
        discount: γ.
        name: the repeated game's name.
        parameters: symbols in payoffs and γ with their values; the stage game's by default.
        horizon: number of rounds H ≥ 1, or ``None`` for infinitely many.
        begins_after: a joint action that counts as played before the first round, so that there is no ∅; only
            without a horizon.

    Raises:
        BadInput: the horizon is no positive integer, or γ is outside [0, 1).
    """
    if begins_after is not None:
        return _without_first_round(memory_one(stage, discount, name=name, parameters=parameters), begins_after)
    if horizon is not None and (isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1):
        raise BadInput(f"game {name!r}: the horizon must be a positive number of rounds, not {horizon!r}.")
    joint = stage.joint_actions
    index = {action: position + 1 for position, action in enumerate(joint)}
    own_view = []
    for player in range(stage.players):
        rotated = (tuple(action[player:] + action[:player]) for action in joint)
        # With different action sets per player a rotated name need not exist; the observation then keeps its name.
        own_view.append((0, *(index.get(view, index[action]) for view, action in zip(rotated, joint, strict=True))))
    observations = (START, *_state_names(stage))
    if horizon is None:
        states, observed = observations, tuple(range(len(observations)))
        following = {state: [index[action] for action in joint] for state in range(len(states))}
    else:
        states, observed, following = _rounds(observations, horizon)
    pays = len(states) if horizon is None else len(states) - 1  # the last state of a finite horizon is the end
    nothing = tuple((Integer(0),) * stage.players for _ in joint)
    return Game(
        name=name,
        actions=stage.actions,
        states=states,
        start=tuple(Integer(int(state == 0)) for state in range(len(states))),
        transition=tuple(
            tuple(tuple(Integer(int(t == after)) for t in range(len(states))) for after in following[s])
            for s in range(len(states))
        ),
        reward=tuple(stage.reward[0] if s < pays else nothing for s in range(len(states))),
        discount=sympify(discount, strict=True),
        parameters=stage.parameters if parameters is None else tuple(parameters),
        ordering=stage.ordering,
        target=stage.target,
        own_view=tuple(own_view),
        observations=observations,
        observed=observed,
        horizon=horizon,
    )


def _without_first_round(game: Game, begins_after: JointAction) -> Game:
    """A memory-one game without ∅, which play never comes back to."""
    assert game.own_view is not None
    start = game.joint_actions.index(begins_after)
    return replace(
        game,
        states=game.states[1:],
        start=tuple(Integer(int(k == start)) for k in range(len(game.joint_actions))),
        transition=tuple(tuple(row[1:] for row in rows) for rows in game.transition[1:]),
        reward=game.reward[1:],
        own_view=tuple(tuple(view - 1 for view in row[1:]) for row in game.own_view),
        observations=(),
        observed=(),
    )


def _rounds(observations: Sequence[str], horizon: int) -> tuple[tuple[str, ...], tuple[int, ...], dict[int, list[int]]]:
    """States of a finite horizon: the start, each joint action in rounds 2 … H, the end; with what follows each."""
    joint = len(observations) - 1
    names, observed = [observations[0]], [0]
    for round_number in range(2, horizon + 1):
        names += [f"{name}@{round_number}" for name in observations[1:]]
        observed += range(1, joint + 1)
    end = len(names)

    def after(round_number: int) -> list[int]:
        return [end] * joint if round_number == horizon else [1 + (round_number - 1) * joint + k for k in range(joint)]

    following = {0: after(1), end: [end] * joint}
    for state in range(1, end):
        following[state] = after((state - 1) // joint + 2)
    return (*names, "end"), (*observed, 0), following


def _state_names(stage: Game) -> tuple[str, ...]:
    initials_clash = any(len({name[:1] for name in names}) < len(names) for names in stage.actions)
    separator = "_" if initials_clash else ""  # names of parameters are built from it
    return tuple(
        separator.join(
            names[k] if initials_clash else names[k][:1] for names, k in zip(stage.actions, action, strict=True)
        )
        for action in stage.joint_actions
    )
