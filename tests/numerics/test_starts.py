"""numerics.inits and starts: start k depends on the seed and on k alone; grids are laid out in probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer

from numerics import Experiment, inits, policies, simulate, starts
from numerics.compile import Array
from numerics.inits import Grid, Normal, Uniform
from numerics.starts import CHUNK
from theory.errors import BadInput
from theory.games import AnyGame, Game, chicken, ipd, matching_pennies, normal_form, stag_hunt, tandem
from theory.policies import COORDINATES


def one_shot(*counts: int) -> Game:
    names = [list("XYZW"[:count]) for count in counts]
    return normal_form("blank", names, {cell: [Integer(0)] * len(counts) for cell in np.ndindex(*counts)})


def draw(
    init: str, count: int = 1, seed: int = 0, game: AnyGame | None = None, policy: str = "logit", **grid: object
) -> Array:
    settings = {"init": init, "count": count, "seed": seed, "policy": policy, **grid}
    return starts.draw(Experiment(game or stag_hunt(), "mean-value:0", **settings))


# ------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "init"),
    [
        ("normal:1.35", Normal(1.35)),
        ("normal:0", Normal(0.0)),
        ("uniform:-1:2.5", Uniform(-1.0, 2.5)),
        ("uniform:0:0", Uniform(0.0, 0.0)),
        ("grid:51:0.05:0.95", Grid(51, 0.05, 0.95)),
        ("grid:2:0:1", Grid(2, 0.0, 1.0)),
    ],
)
def test_what_is_read(text: str, init: inits.Init) -> None:
    assert inits.parse(text) == init


@pytest.mark.parametrize(
    "text",
    [
        "", "normal", "normal:", "normal:-1", "normal:x", "normal:nan", "normal:inf", "normal:1:2", "Normal:1",
        "uniform:1", "uniform:2:1", "uniform:0:nan", "uniform:-inf:0", "uniform:0:1:2", "uniform:0:1e999",
        "grid:51", "grid:1:0:1", "grid:0:0:1", "grid:-3:0:1", "grid:2.5:0:1", "grid:inf:0:1", "grid:nan:0:1",
        "grid:5:0.5:0.5", "grid:5:0.9:0.1", "grid:5:-0.1:1", "grid:5:0:1.1", "grid:5:0:1:2", "grid:5:0", "logit:1",
        "normal:1 ; rm", "grid:5:0:1\nx",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--init: .* is not normal:SD, uniform:LO:HI or grid:N:LO:HI .*\.$") as caught:
        inits.parse(text)
    assert repr(text) in str(caught.value)


@settings(max_examples=60)
@given(st.text(max_size=20) | st.from_regex(r"(normal|uniform|grid)(:[-0-9.e]{0,6}){0,4}", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(inits.parse(text), Normal | Uniform | Grid)
    except BadInput as refusal:
        assert "\n" not in str(refusal)


# -------------------------------------------------------------------------------------------------- random starts


@pytest.mark.parametrize("init", ["normal:1.35", "uniform:-2:0.5"])
@pytest.mark.parametrize("policy", COORDINATES)
@pytest.mark.parametrize("game", [stag_hunt(), ipd(), one_shot(3, 2)], ids=["stag-hunt", "ipd", "3x2"])
def test_fewer_starts_are_the_first_of_more(game: Game, init: str, policy: str) -> None:
    """At, below and above chunk boundaries."""
    longest = draw(init, 2 * CHUNK + 5, 3, game, policy)
    for count in (1, 2, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 4):
        shorter = draw(init, count, 3, game, policy)
        assert shorter.shape == (len(policies.names(game, policy)), count)
        assert (shorter == longest[:, :count]).all()


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**70))
def test_prefix_law_for_any_seed(first: int, second: int, seed: int) -> None:
    few, many = sorted((first, second))
    assert (draw("normal:1", few, seed) == draw("normal:1", many, seed)[:, :few]).all()


def test_the_stream_is_the_documented_one() -> None:
    """SeedSequence(seed, spawn_key=(purpose, chunk)), a counter-based generator, one row per start."""
    rows = []
    for chunk in range(2):
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(11, spawn_key=(1, chunk))))
        rows.append(1.35 * generator.standard_normal((1024, 2)))
    assert (draw("normal:1.35", 2048, 11) == np.concatenate(rows).T).all()


def test_seeds_chunks_and_players_differ() -> None:
    base = draw("normal:1", 2 * CHUNK, 0)
    assert not (base == draw("normal:1", 2 * CHUNK, 1)).any()
    assert not (base[:, :CHUNK] == base[:, CHUNK:]).any()
    assert not (base[0] == base[1]).any()
    assert len(np.unique(base)) == base.size
    assert (base == draw("normal:1", 2 * CHUNK, 0)).all()
    for left, right in ((base[:, :CHUNK], base[:, CHUNK:]), (base, draw("normal:1", 2 * CHUNK, 1))):
        correlation = np.corrcoef(np.concatenate([left, right]))
        assert abs(correlation - np.eye(4)).max() < 5 / np.sqrt(left.shape[1])


def test_the_scale_is_the_one_asked_for() -> None:
    many = draw("normal:1.35", 20_000)
    assert abs(many.mean(1)).max() < 5 * 1.35 / np.sqrt(20_000)
    assert many.std(1) == pytest.approx([1.35, 1.35], rel=0.03)
    assert (draw("normal:2", 50) == 2 * draw("normal:1", 50)).all()
    assert (draw("normal:0", 5) == 0).all()
    flat = draw("uniform:-3:1", 20_000)
    assert -3 <= flat.min() < -2.99 and 0.99 < flat.max() < 1
    assert flat.mean(1) == pytest.approx([-1, -1], abs=5 * 4 / np.sqrt(12 * 20_000))
    assert (draw("uniform:0.25:0.25", 5) == 0.25).all()


@pytest.mark.parametrize("init", ["normal:1.35", "uniform:-2:3", "uniform:0:1"])
@pytest.mark.parametrize("game", [stag_hunt(), ipd(), one_shot(3, 4)], ids=["stag-hunt", "ipd", "3x4"])
def test_direct_starts_are_policies(game: Game, init: str) -> None:
    drawn = draw(init, 200, 1, game, "direct")
    raw = draw(init, 200, 1, game, "logit")
    assert (drawn == policies.project(game, raw)).all()
    for player, seen, _ in policies.blocks(game):
        pi = policies.probabilities(game, "direct", drawn, player, seen)
        assert pi.min() >= -1e-15 and pi.sum(0) == pytest.approx(np.ones(200))


def test_starts_do_not_know_the_methods() -> None:
    def first_of(*methods: str) -> Array:
        return simulate(Experiment(stag_hunt(), "initial-cooperation:0.5", methods, count=30, steps=1)).starts

    alone = first_of("pg")
    assert (alone == first_of("meta", "pg", "own")).all() and (alone == draw("normal:1", 30)).all()


def test_a_range_that_overflows_is_refused_or_drawn() -> None:
    """LO and HI are finite, but HI − LO is not: a sentence or numbers, never another exception."""
    try:
        assert draw("uniform:-1e308:1e308", 3).shape == (2, 3)
    except BadInput as refusal:
        assert "--init" in str(refusal)


def test_a_huge_deviation_draws_without_warnings() -> None:
    drawn = draw("normal:1e308", 100)
    assert drawn.shape == (2, 100) and not np.isnan(drawn).any()


# ------------------------------------------------------------------------------------------------------- grids


def test_grid_layout_by_hand() -> None:
    """Player 1 changes slowest; probabilities are evenly spaced from LO to HI."""
    grid = draw("grid:3:0.25:0.75", 999, 5, policy="direct")
    assert grid.tolist() == [[0.25] * 3 + [0.5] * 3 + [0.75] * 3, [0.25, 0.5, 0.75] * 3]
    corners = draw("grid:2:0:1", 1, policy="direct")
    assert corners.tolist() == [[0, 0, 1, 1], [0, 1, 0, 1]]


def test_grid_in_log_odds_is_the_same_grid_of_probabilities() -> None:
    direct, logit = (draw("grid:51:0.05:0.95", 1, policy=policy) for policy in ("direct", "logit"))
    assert direct.shape == logit.shape == (2, 2601)
    for player in range(2):
        back = policies.probabilities(stag_hunt(), "logit", logit, player, 0)[0]
        assert back == pytest.approx(direct[player], rel=1e-13)


def test_grid_ignores_count_and_seed() -> None:
    assert (draw("grid:5:0.1:0.9", 1, 0) == draw("grid:5:0.1:0.9", 100, 7)).all()


def test_grid_of_one_parameter() -> None:
    alone = normal_form("alone", [["A", "B"]], {(0,): [Integer(1)], (1,): [Integer(0)]})
    assert draw("grid:5:0:1", 1, game=alone, policy="direct").tolist() == [[0, 0.25, 0.5, 0.75, 1]]


@pytest.mark.parametrize(
    ("game", "init", "policy", "reason"),
    [
        (ipd(), "grid:3:0:1", "direct", "at most two of the 10 parameters of game 'ipd'"),
        (one_shot(2, 2, 2), "grid:3:0:1", "direct", "at most two of the 3 parameters"),
        (one_shot(3, 2), "grid:3:0:1", "direct", "two actions"),
        (tandem(), "grid:3:0:1", "direct", "real parameters"),
        (stag_hunt(), "grid:3:0:0.5", "logit", "no logit"),
        (stag_hunt(), "grid:3:0.5:1", "logit", "no logit"),
    ],
)
def test_grids_that_a_game_does_not_allow(game: Game, init: str, policy: str, reason: str) -> None:
    with pytest.raises(BadInput, match=f"--init.*({reason})"):
        draw(init, 1, game=game, policy=policy)


def test_a_grid_too_large_for_memory_is_refused() -> None:
    with pytest.raises(BadInput, match=r"--init: a grid of 200000\^2 starts is too large"):
        draw("grid:200000:0.1:0.9")


@settings(max_examples=60)
@given(
    st.integers(2, 70), st.floats(0.001, 0.5), st.floats(0.501, 0.999), st.sampled_from(COORDINATES),
    st.integers(0, 5000), st.integers(0, 5000),
)  # fmt: skip
def test_any_part_of_a_grid_is_the_mesh_of_even_spaces(
    points: int, low: float, high: float, policy: str, first: int, length: int
) -> None:
    """The same bits as the whole mesh, whichever part is asked for."""
    experiment = Experiment(stag_hunt(), "mean-value:0", init=f"grid:{points}:{low}:{high}", policy=policy)
    axis = policies.from_first_probability(policy, np.linspace(low, high, points))
    mesh = np.stack([rows.ravel() for rows in np.meshgrid(axis, axis, indexing="ij")])
    assert starts.total(experiment) == points**2
    assert np.array_equal(starts.draw(experiment), mesh)
    part = starts.draw(experiment, first, first + length)
    assert np.array_equal(part, mesh[:, first : first + length])
    assert not np.array_equal(starts.draw(experiment)[::-1], mesh)  # control: the other player changes slowest


def test_a_part_of_a_large_grid_is_all_that_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    convert = policies.from_first_probability
    monkeypatch.setattr(policies, "from_first_probability", lambda p, x: (sizes.append(x.size), convert(p, x))[1])
    experiment = Experiment(stag_hunt(), "mean-value:0", init="grid:3000:0.1:0.9", policy="direct")
    assert starts.total(experiment) == 9 * 10**6 and not sizes
    last = starts.draw(experiment, 9 * 10**6 - 2, 9 * 10**6 + 5)
    assert last[0].tolist() == [0.9, 0.9] and last[1, 1] == 0.9 > last[1, 0] > 0.8997
    assert sizes == [2, 2]


# ------------------------------------------------------------------------------- grids over some of the parameters


def test_varied_parameters_by_hand() -> None:
    """Both play TFT but for player 2's moves after its own CD, which player 1 calls DC: row 5 + 3."""
    grid = draw("grid:3:0:1", game=ipd(), policy="direct", vary=("p2[CD]",), at="TFT")
    # ∅, CC, CD, DC, DD in player 1's words; player 2 cooperates after DC (it saw CD... its own C first) if p2[CD] = 1
    tft_1, tft_2 = [1, 1, 0, 1, 0], [1, 1, 1, 0, 0]
    assert grid.shape == (10, 3)
    for column, value in enumerate((0, 0.5, 1)):
        expected = [*tft_1, *tft_2]
        expected[5 + 3] = value
        assert grid[:, column].tolist() == expected


@pytest.mark.parametrize("policy", COORDINATES)
def test_two_varied_parameters_in_the_order_named(policy: str) -> None:
    names = ("p1[DD]", "p2[∅]")
    grid = draw("grid:3:0.25:0.75", game=ipd(), policy=policy, vary=names, at="AllD;Grim", clip=8.0)
    swapped = draw("grid:3:0.25:0.75", game=ipd(), policy=policy, vary=names[::-1], at="AllD;Grim", clip=8.0)
    probability = [
        policies.probabilities(ipd(), policy, grid, player, seen)[0] for player in range(2) for seen in range(5)
    ]
    assert probability[4] == pytest.approx([0.25] * 3 + [0.5] * 3 + [0.75] * 3)
    assert probability[5] == pytest.approx([0.25, 0.5, 0.75] * 3)
    assert (swapped[[4, 5]] == grid[[4, 5]].reshape(2, 3, 3).transpose(0, 2, 1).reshape(2, 9)).all()
    others = {0: 0, 1: 0, 2: 0, 3: 0, 6: 1, 7: 0, 8: 0, 9: 0}
    near = 0 if policy == "direct" else 1 / (1 + np.exp(8.0))
    for row, value in others.items():
        assert probability[row] == pytest.approx(np.full(9, abs(value - near)), rel=1e-12)


def test_varied_parameters_of_a_one_shot_game() -> None:
    grid = draw("grid:3:0:1", policy="direct", vary=("p2",), at="Stag,Stag")
    assert grid.tolist() == [[1, 1, 1], [0, 0.5, 1]]
    assert (draw("grid:3:0:1", policy="direct", vary=("p1", "p2")) == draw("grid:3:0:1", policy="direct")).all()
    dominant = draw("grid:2:0:1", policy="direct", vary=("p1",), at="payoff-dominant")
    assert dominant.tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"vary": ("p1",), "at": "TFT"}, "--vary: .*has no parameter .p1."),
        ({"vary": ("p3[CC]",), "at": "TFT"}, "--vary: .*has no parameter 'p3\\[CC\\]'"),
        ({"vary": ("p0[CC]",), "at": "TFT"}, "--vary"),
        ({"vary": ("p1[XX]",), "at": "TFT"}, "--vary: .*has no parameter 'p1\\[XX\\]'"),
        ({"vary": ("p_CC",), "at": "TFT"}, "--vary"),
        ({"vary": ("p1[CC]", "p1[CC]"), "at": "TFT"}, "--vary: name each parameter once"),
        ({"vary": ("p1[CC]",)}, "--vary: .*--at"),
        ({"vary": ("p1[CC]",), "at": "Tit"}, "'Tit'"),
        ({"vary": ("p1[CC]",), "at": "TFT;TFT;TFT"}, "profile"),
        ({"vary": ("p1[CC]",), "at": "TFT", "policy": "logit"}, "--at: .*--clip"),
        ({"vary": ("p1[CC]", "p1[CD]", "p1[DC]", "p1[DD]"), "at": "TFT", "init": "grid:60:0:1"}, "too large"),
        ({"vary": ("p1[CC]",), "at": "TFT", "init": "normal:1"}, "--vary and --at"),
        ({"at": "TFT", "init": "uniform:0:1"}, "--vary and --at"),
    ],
)  # fmt: skip
def test_varied_parameters_that_mean_nothing(settings: dict[str, object], reason: str) -> None:
    allowed = {"init": "grid:3:0.1:0.9", "game": ipd(), "policy": "direct"}
    with pytest.raises(BadInput, match=reason):
        draw(**{**allowed, **settings})


def test_the_first_observation_is_never_meant_by_a_bare_name() -> None:
    """p1 in a repeated game is ambiguous: only p1[∅] is the first move."""
    first = draw("grid:3:0:1", game=ipd(), policy="direct", vary=("p1[∅]",), at="AllD")
    assert first[0].tolist() == [0, 0.5, 1] and (first[1:] == 0).all()


# --------------------------------------------------------------------------------------------- differentiable games


def test_starts_of_a_differentiable_game_are_not_projected() -> None:
    drawn = draw("normal:5", 50, game=tandem(), policy="direct")
    assert drawn.shape == (2, 50) and drawn.min() < -3 and drawn.max() > 3
    assert (drawn == draw("normal:5", 50)).all()


@pytest.mark.parametrize("game", [matching_pennies(), chicken()], ids=lambda game: game.name)
def test_games_of_one_shape_share_their_starts(game: Game) -> None:
    assert (draw("normal:1", 20, game=game) == draw("normal:1", 20)).all()
