"""Two peer papers' published results, run again under their settings with more starts, and a verdict on each.

What is run stands in :mod:`numerics.peer_settings`. Every published number is compared under every reading of its
setting. Of many readings some agree by chance, and a reading of a table stands for the whole table:
:func:`by_reading` gives the verdicts on all numbers of the LOLA paper side by side.

Scores of TFT, since the LOLA paper names none. A learner matches TFT in a state if its probability of TFT's action
there is above 1/2, where each player sees CD and DC in its own view. Per run:

* ``run``: 1 if both players match in all five states. ``agent``: the share of players who match in all five.
* ``entry``: the share of the ten (player, state) pairs that match; AllD against AllD has 4/10.
* ``state``: the share of the five states in which both match; AllD against AllD has 1/5.
* ``probability``: the mean over states of the product of both players' probabilities of TFT's action.

The last two were written down with the published 20.8% in mind, as AllD has 20% there: for the naive learners' number
their agreement is no evidence of its own.

Two facts exclude some of them whatever is run. Over 50 runs the first four are multiples of 1/50, 1/100, 1/500 and
1/250, so a printed share may be none of them (:func:`attainable`); over 100 runs ``state`` would not be excluded. No
play has a mean return below that of mutual defection, so a printed mean return bounds the share of runs with TFT's
return (:func:`largest_share`).

Verdicts:

* a share of runs: the published one counts as binomial with the published number of runs; AGREES if Newcombe's 95%
  interval of the difference, from two Wilson intervals, holds 0 (Newcombe 1998, method 10), else DISAGREES;
* a mean: AGREES if Welch's 95% interval of the difference, widened by half a unit of the last printed digit, holds 0,
  else DISAGREES; a published mean without a standard deviation gets ours, over its number of runs;
* a statement in words that names one of two outcomes: AGREES if our 95% interval lies nearer to the one named,
  DISAGREES if it lies nearer to the other;
* a limit derived exactly: AGREES if it equals the published number;
* NOT COMPARABLE if one of the two facts excludes the score, if our interval of a statement holds the midpoint, if a run
  behind a mean is not finite (the mean does not exist; a share's intervals cover both outcomes of such undecided runs),
  or if this project has no such rule.

AGREES means compatible with what so many published runs can tell, which may be little: the intervals of the
differences are given. Intervals of means are Student's; where no run differs from another, they are points.

Sources: R. G. Newcombe, Stat. Med. 17 (1998) 873-890; B. L. Welch, Biometrika 34 (1947) 28-35; N. J. L. Brown &
J. A. J. Heathers, Soc. Psychol. Personal. Sci. 8 (2017) 363-369 (printed means that no integers can have).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy.stats import t as student
from sympy import Expr, linsolve

from numerics import policies
from numerics.basins import mean_values
from numerics.compile import Array
from numerics.kernels import trajectories
from numerics.peer_settings import LOLA_PAPER, PUBLISHED, SETTINGS, SOS_TANDEM, Published, Setting
from numerics.reproduction import Row, Verdict, attainable, difference_of_shares
from numerics.starts import draw
from numerics.statistics import Interval, share, student_interval
from theory.decomposition import update_program
from theory.equilibria import StationaryProfile
from theory.exact import Undecided
from theory.games import Game, ipd, tandem
from theory.policies import Coordinates
from theory.profiles import parse_profile
from theory.relations import keeps_zeros
from theory.symbols import alpha, step_size

Score = Literal["run", "agent", "entry", "state", "probability"]
# The score of one run is a multiple of 1 / this; a mean of probabilities is anything.
PARTS: Mapping[Score, int | None] = {"run": 1, "agent": 2, "entry": 10, "state": 5, "probability": None}
ABOVE = 0.5  # a learner matches an action that it takes with more than this probability


def reproduction(count: int = 500, seed: int = 0) -> tuple[Row, ...]:
    """Every published number under every reading of its setting.

    Args:
        count: runs of every arm, at least 2; all arms with one law of the starts share them.
        seed: seed of the starts.

    Raises:
        BadInput: fewer than one run, or more than fit in memory.
        ValueError: a single run, which has no spread.
    """
    ends = {(setting, rule): _ends(setting, rule, count, seed) for setting in SETTINGS for rule in setting.rules}
    return tuple(row for number in PUBLISHED for row in _rows(number, ends))


def by_reading(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The LOLA paper's four numbers under each reading of the whole table, as JSON data.

    Returns:
        For each setting, LOLA rule and score of TFT the four verdicts, by arm and quantity such as ``LOLA-Ex return``.
    """
    table = [row for row in rows if row.number.paper == LOLA_PAPER]
    readings = dict.fromkeys(
        (row.setting, row.rule, row.score) for row in table if row.rule != "pg" and row.score is not None
    )
    return [
        {
            "setting": setting,
            "rule": rule,
            "score": score,
            **{
                f"{row.number.arm} {row.number.quantity}": row.verdict
                for row in table
                if row.setting == setting and row.rule in ("pg", rule) and row.score in (None, score)
            },
        }
        for setting, rule, score in readings
    ]


# ------------------------------------------------------------------------------------------------------- measuring


def _ends(setting: Setting, rule: str, count: int, seed: int) -> Array:
    experiment = setting.experiment(count, seed)
    return trajectories(experiment.learning(rule), draw(experiment), setting.updates).ends


def matches(game: Game, policy: Coordinates, phi: Array, profile: StationaryProfile) -> Array:
    """Each player's probability of a pure profile's action in every state, shape (players, observations, batch)."""
    return np.array(
        [
            [policies.probabilities(game, policy, phi, player, state)[action] for state, action in enumerate(moves)]
            for player, moves in enumerate(profile)
        ]
    )


def score_of_runs(score: Score, match: Array) -> Array:
    """The score of every run, in [0, 1], shape (batch,); NaN where a probability is.

    Args:
        score: which one.
        match: probabilities of the actions to match, shape (players, observations, batch) (:func:`matches`).
    """
    hits = match > ABOVE
    scored: dict[Score, Array] = {
        "run": hits.all(1).all(0).astype(float),
        "agent": hits.all(1).mean(0),
        "entry": hits.mean((0, 1)),
        "state": hits.all(0).mean(0),
        "probability": match.prod(0).mean(0),
    }
    return np.where(np.isfinite(match).all((0, 1)), scored[score], np.nan)


def tandem_limit(rule: str) -> Expr:
    """Both players' mean loss in the tandem game wherever a rule stands still, as an expression in α.

    From the rule's derived update, solved exactly. A rule with case distinctions (SOS) is given the zeros of policy
    gradient, if it keeps them all in every smooth game.

    Raises:
        Undecided: a rule with case distinctions that moves zeros.
        ValueError: the mean loss is not the same at all points where the rule stands still.
    """
    game = tandem()
    program = update_program(game, "direct", rule)
    try:
        update = program.closed_form()["update"]
    except Undecided:
        if not keeps_zeros(rule):
            raise
        update = update_program(game, "direct", "pg").closed_form()["update"]
    phi = [symbol for row in game.variables for symbol in row]
    common = {step_size(player): alpha for player in range(game.players)}
    (solution,) = linsolve([entry.xreplace(common) for entry in update], phi)
    mean_value: Expr = sum(game.values) / game.players
    loss: Expr = (-mean_value).xreplace(dict(zip(phi, solution, strict=True))).factor()
    if loss.free_symbols & set(phi):
        raise ValueError(f"{rule}: the mean loss varies over the points where it stands still: {loss}.")
    return loss


# ------------------------------------------------------------------------------------------------------- comparing


def largest_share(game: Game, mean_return: float, profile: StationaryProfile) -> float:
    """The largest share of runs whose players have the mean return of a pure profile, given that of all runs.

    No play has a mean return per round below the least mean reward of a joint action.
    """
    pure = np.array([[float(action == 0)] for moves in profile for action in moves])
    highest = float(mean_values(game, "direct", pure).mean())
    lowest = min(
        sum(float(game.value_of(reward)) for reward in rewards) / game.players
        for by_action in game.reward
        for rewards in by_action
    )
    return (mean_return - lowest) / (highest - lowest)


def difference_of_means(sample: Array, mean: float, deviation: float, runs: int, confidence: float = 0.95) -> Interval:
    """Welch's interval for the mean of a sample less a published mean with its standard deviation and runs."""
    ours, theirs = float(sample.var(ddof=1)) / sample.size, deviation**2 / runs
    apart, variance = float(sample.mean()) - mean, ours + theirs
    if variance == 0:
        return apart, apart
    freedom = variance**2 / (ours**2 / (sample.size - 1) + theirs**2 / (runs - 1))
    half = float(student.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return apart - half, apart + half


def nearer(interval: Interval, named: float, other: float) -> tuple[Verdict, str]:
    """The verdict on a statement that names one of two outcomes: to which of them a whole interval lies nearer."""
    middle = (named + other) / 2
    where = f"[{interval[0]:.4f}, {interval[1]:.4f}]"
    if interval[0] <= middle <= interval[1]:
        return "NOT COMPARABLE", f"{where} holds the midpoint {middle:g}"
    if (interval[0] < middle) == (named < middle):
        return "AGREES", f"{where} lies nearer to {named:g} than to {other:g}"
    return "DISAGREES", f"{where} lies nearer to {other:g} than to {named:g}"


# ------------------------------------------------------------------------------------------------------------ rows


def _rows(number: Published, ends: Mapping[tuple[Setting, str], Array]) -> Iterator[Row]:
    if not number.rules:
        yield Row(number, "NOT COMPARABLE", "this project has the rule without its alignment step")
    for (setting, rule), phi in ends.items():
        if (setting.paper, setting.game().name) == (number.paper, number.game) and rule in number.rules:
            yield from (
                _shares_of_tft(number, setting, rule, phi)
                if number.quantity == "tft"
                else (_mean(number, setting, rule, phi),)
            )
    if number.game == "tandem":
        yield from (_limit(number, rule) for rule in number.rules)


def _mean(number: Published, setting: Setting, rule: str, phi: Array) -> Row:
    experiment = setting.experiment(phi.shape[1], 0)
    values = mean_values(experiment.game, experiment.coordinates, phi)
    sample = -values[0] if number.quantity == "loss" else values.mean(0)
    return _row_of_means(number, setting, rule, None, sample)


def _shares_of_tft(number: Published, setting: Setting, rule: str, phi: Array) -> Iterator[Row]:
    game = ipd()
    profile = parse_profile(game, "TFT")
    match = matches(game, "logit", phi, profile)
    for score in PARTS:
        sample = score_of_runs(score, match)
        row = (_row_of_a_share if score == "run" else _row_of_means)(number, setting, rule, score, sample)
        reasons = _exclusions(number, score, game, profile)
        if reasons:
            row = replace(row, verdict="NOT COMPARABLE", reason="; ".join([*reasons, row.reason]))
        yield row


def _exclusions(number: Published, score: Score, game: Game, profile: StationaryProfile) -> list[str]:
    """Why a published share cannot be this score, as far as that follows from what is printed."""
    reasons = []
    parts = PARTS[score]
    if parts is not None and number.decimals is not None:
        units = parts * number.runs
        if not attainable(number.value, number.decimals, units):
            reasons.append(f"no multiple of 1/{units} rounds to {number.value:.1%}")
    if score == "run":
        for other in PUBLISHED:
            if (other.paper, other.arm, other.quantity) == (number.paper, number.arm, "return"):
                most = largest_share(game, other.value, profile)
                if number.value > most:
                    reasons.append(f"with R = {other.value} at most {most:.0%} of the runs have TFT's return")
    return reasons


def _row_of_a_share(number: Published, setting: Setting, rule: str, score: Score, sample: Array) -> Row:
    counted = share(sample == 1, np.isnan(sample))
    theirs = round(number.value * number.runs)
    most = counted.successes + counted.undecided
    difference = (
        difference_of_shares(counted.successes, counted.total, theirs, number.runs)[0],
        difference_of_shares(most, counted.total, theirs, number.runs)[1],
    )
    verdict, reason = _holds_zero(difference, 0.0, f"as {theirs} of {number.runs}")
    return Row(
        number,
        verdict,
        reason,
        setting.name,
        rule,
        score,
        counted.fraction,
        counted.interval,
        counted.total,
        counted.undecided,
        difference,
    )


def _row_of_means(number: Published, setting: Setting, rule: str, score: Score | None, sample: Array) -> Row:
    undecided = int((~np.isfinite(sample)).sum())
    if undecided:
        reason = f"{undecided} runs are not finite"
        return Row(number, "NOT COMPARABLE", reason, setting.name, rule, score, n=sample.size, undecided=undecided)
    interval = student_interval(sample)
    difference: Interval | None = None
    if number.other is not None:
        verdict, reason = nearer(interval, number.value, number.other)
    else:
        deviation = float(sample.std(ddof=1)) if number.deviation is None else number.deviation
        whose = "our" if number.deviation is None else "published"
        difference = difference_of_means(sample, number.value, deviation, number.runs)
        rounding = 0.0 if number.decimals is None else 0.5 * 10.0**-number.decimals
        taken = f"with {whose} standard deviation {deviation:.3f} over {number.runs} runs"
        verdict, reason = _holds_zero(difference, rounding, taken)
    return Row(
        number, verdict, reason, setting.name, rule, score, float(sample.mean()), interval, sample.size, 0, difference
    )


def _holds_zero(difference: Interval, rounding: float, published: str) -> tuple[Verdict, str]:
    low, high = difference
    holds = low - rounding <= 0 <= high + rounding
    where = f"[{low:+.4f}, {high:+.4f}] {'holds' if holds else 'leaves out'} 0"
    return "AGREES" if holds else "DISAGREES", f"difference {where}, published taken {published}"


def _limit(number: Published, rule: str) -> Row:
    limit, step = tandem_limit(rule), SOS_TANDEM.inner_lr
    value = float(limit.subs(alpha, step))
    verdict: Verdict = "AGREES" if math.isclose(value, number.value, abs_tol=1e-12) else "DISAGREES"
    reason = f"both players' mean loss where the rule stands still is {limit}, derived; at alpha = {step}: {value:.6g}"
    return Row(number, verdict, reason, "zeros of the derived update", rule, ours=value, interval=(value, value))
