"""Membership in certified regions is exact, also one float beside a bound; and what ``region:FILE`` refuses."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from numerics import Experiment, simulate
from numerics.certified_regions import CertifiedRegion, certified_region
from numerics.compile import compiled_values, game_values
from numerics.coverage import coverage
from numerics.largest_box import _Search, is_symmetric, largest_shape
from theory.errors import BadInput
from theory.games import (
    Game,
    battle_of_the_sexes,
    chicken,
    ipd,
    ipd_from_cc,
    matching_pennies,
    public_goods,
    stag_hunt,
    stag_hunt_3,
)
from theory.regions import Certificate, Dynamics, certify


def stored(certificate: Certificate, folder: Path) -> str:
    path = folder / "certificate.json"
    path.write_text(certificate.text, encoding="utf-8")
    return str(path)


def region_of(certificate: Certificate, folder: Path) -> CertifiedRegion:
    return certified_region(stored(certificate, folder))


def neighbours(number: float) -> list[float]:
    return [float(np.nextafter(number, 0)), number, float(np.nextafter(number, 1))]


@pytest.mark.parametrize("box", [(), ("p1=7/10:1", "p2=71/100:1")])
def test_boxes_are_compared_exactly(box: tuple[str, ...], tmp_path: Path) -> None:
    """Around 2/3 (open) or 7/10 (closed), which are no floats, every float is on the side that fractions say."""
    certificate = certify(stag_hunt(), "Stag,Stag", box=box)
    region = region_of(certificate, tmp_path)
    sides = [(Fraction(low), Fraction(high)) for low, high in certificate.region["box"]]
    for p in neighbours(float(sides[0][0])):
        for q in neighbours(float(sides[1][0])):
            inside = [
                Fraction(x) > low or (certificate.region["closed"] and Fraction(x) == low)
                for x, (low, _) in zip((p, q), sides, strict=True)
            ]
            assert region.contains(stag_hunt(), "direct", np.array([[p], [q]]))[0] == all(inside)


@pytest.mark.parametrize("level", [None, "1/8"])
def test_balls_are_compared_exactly(level: str | None, tmp_path: Path) -> None:
    certificate = certify(stag_hunt(), "Stag,Stag", "sublevel", level=level)
    region = region_of(certificate, tmp_path)
    bound = Fraction(certificate.region["level"])
    seen = set()
    for p in np.linspace(0.6, 1, 9):
        rest = float(bound) - (1 - p) ** 2
        if rest < 0:
            continue
        for q in neighbours(1 - rest**0.5):
            exact = (1 - Fraction(p)) ** 2 + (1 - Fraction(q)) ** 2
            wanted = exact <= bound if certificate.region["closed"] else exact < bound
            assert region.contains(stag_hunt(), "direct", np.array([[p], [q]]))[0] == wanted
            seen.add(wanted)
    assert seen == {True, False}


def test_drift_boxes_and_their_order(tmp_path: Path) -> None:
    certificate = certify(ipd(), "cooperative-set")
    region = region_of(certificate, tmp_path)
    inner = [sum(map(Fraction, entry)) / 2 for entry in certificate.region["inner"]]
    point = np.ones((10, 1))
    point[[2, 3, 4, 7, 8, 9], 0] = [float(entry) for entry in inner]
    assert region.contains(ipd(), "direct", point)[0]
    for k in range(10):
        moved = point.copy()
        moved[k] = 0.5
        assert not region.contains(ipd(), "direct", moved)[0]


def test_simulated_entries(tmp_path: Path) -> None:
    """Counted by hand from the ends; what starts in the open box ends in it; a start at its edge does not count."""
    path = stored(certify(stag_hunt(), "Stag,Stag"), tmp_path)
    common = {"policy": "direct", "init": "uniform:0:1", "count": 300, "steps": 1, "methods": ("pg", "meta")}
    outcome = simulate(Experiment(stag_hunt(), success=f"region:{path}", lr=1e-12, **common))
    ends = outcome["pg"].end
    assert outcome["pg"].share.successes == int((ends > 2 / 3).all(0).sum()) > 10
    later = simulate(Experiment(stag_hunt(), success=f"region:{path}", lr=0.1, **{**common, "steps": 200}))
    assert (later["pg"].success | ~outcome["pg"].success).all()
    assert later["pg"].share.successes > outcome["pg"].share.successes


@pytest.mark.parametrize(
    ("make", "game", "policy", "words"),
    [
        (lambda: certify(stag_hunt(), "Stag,Stag"), stag_hunt(R=5), "direct", "another game"),
        (lambda: certify(stag_hunt(), "Stag,Stag"), stag_hunt_3(), "direct", "another game"),
        (lambda: certify(stag_hunt(), "Stag,Stag"), stag_hunt(), "logit", "direct dynamics"),
        (lambda: certify(stag_hunt(), "Stag,Stag", tremble="1/10"), stag_hunt(), "direct", "tremble"),
        (lambda: certify(stag_hunt(), kind="alignment", box=["p1=1/4:1/2"]), stag_hunt(), "direct", "an alignment"),
        (lambda: certify(stag_hunt(), "Stag,Stag", "sublevel", level="1/2"), stag_hunt(), "direct", "a refutation"),
    ],
)
def test_certificates_that_do_not_fit(make, game: Game, policy: str, words: str, tmp_path: Path) -> None:
    path = stored(make(), tmp_path)
    with pytest.raises(BadInput, match=words):
        simulate(Experiment(game, success=f"region:{path}", policy=policy, count=2, steps=1))


def test_a_file_is_checked_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "false.json"
    path.write_text(certify(stag_hunt(), "Stag,Stag").text.replace('"1/3"', '"2/3"'), encoding="utf-8")
    for name, words in ((path, "by the checker"), (tmp_path / "missing.json", "cannot be read"), (tmp_path, "checker")):
        with pytest.raises(BadInput, match=words):
            certified_region(str(name))
    path.write_text(certify(stag_hunt(), "Stag,Stag").text, encoding="utf-8")  # mended: it is read again
    assert certified_region(str(path)).content["verdict"] == "CERTIFIED"


def test_coverage_of_a_true_and_of_a_false_region() -> None:
    """From the certified box every start arrives; from a larger one, which is no region, some do not."""
    certificate = certify(stag_hunt(), "Stag,Stag", box=["p1=7/10:1", "p2=7/10:1"])
    found = coverage(certificate, 400, 1)
    assert found.volume == Fraction(9, 100)
    assert found.inside.successes == 400
    assert found.basin.interval[0] < 2 / 9 < found.basin.interval[1]
    low, high = found.interval
    assert low < 0.09 / (2 / 9) < high
    false = Certificate(
        "CERTIFIED",
        "false",
        certificate.field,
        Dynamics(),
        {**certificate.region, "box": [["1/2", "1"], ["1/2", "1"]]},
        certificate.proof,
        certificate.conclusion,
    )
    assert coverage(false, 400, 1).inside.successes < 350


def test_symmetric_games_are_recognised() -> None:
    games = (stag_hunt(), stag_hunt_3(), ipd(), chicken(), ipd_from_cc(), public_goods())
    assert all(map(is_symmetric, games))
    assert not is_symmetric(battle_of_the_sexes()) and not is_symmetric(matching_pennies())


def test_the_searched_shape_gains_volume_and_is_symmetric() -> None:
    shape = largest_shape(stag_hunt_3(), "Stag,Stag,Stag")
    assert shape == (1, 1, 1)
    asymmetric = largest_shape(stag_hunt(), "Stag,Stag")
    assert all(entry > Rational(9, 10) for entry in asymmetric)  # each side ends at the other's indifference: 1/3 each


@pytest.mark.parametrize(("game", "target"), [(stag_hunt_3(), (1, 1, 1)), (ipd(), (0,) * 10)])
def test_the_search_sees_every_corner(game: Game, target: tuple[int, ...]) -> None:
    """The gaps in all corners of random boxes, against advantages compiled from the values' program."""
    search = _Search(game, target, tuple((k,) for k in range(len(target))))
    end = np.array(target, dtype=float)[:, None]
    corners = np.array(list(product((0.0, 1.0), repeat=len(target)))).T
    verdicts = []
    for sides in np.random.default_rng(0).uniform(0, 0.7, (40, len(target))) ** 2:
        away = corners * sides[:, None]
        values = compiled_values(game, "direct")(
            parameters=np.where(end == 1, 1 - away, away), game=game_values(game)[:, None]
        )
        rows = [values[f"advantage_{player + 1}"] for player in range(game.players)]
        gaps = np.concatenate([entries[0::2] - entries[1::2] for entries in rows])
        verdicts.append(bool(((2 * end - 1) * gaps > 0).all()))
        assert search._holds(sides) == verdicts[-1]
    assert len(set(verdicts)) == 2  # controls among them: boxes that reach too far
