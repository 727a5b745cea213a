"""Claims C18.tremble and C18.cooperative-set: their verdicts, and what changes them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sympy import Rational

from theory.claims import c18_ipd_equilibria as c18
from theory.claims.model import Verdict, settle
from theory.cooperative_set import CooperativeSet, cooperative_set
from theory.games import ipd
from theory.profiles import parse_profile

BY_ID = {claim.id: claim for claim in c18.CLAIMS}


def verdict(name: str) -> Verdict:
    check = BY_ID[name].check
    assert check is not None
    return settle(check).verdict


@pytest.mark.parametrize("name", BY_ID)
def test_proved(name: str) -> None:
    assert verdict(name) is Verdict.PROVED


def test_names() -> None:
    game = ipd()
    assert c18._name(game, parse_profile(game, "D:CDDD")) == "suspicious Grim"
    assert c18._name(game, parse_profile(game, "TFT")).startswith("((0, 0, 1")


def test_profiles_cooperate_on_the_path() -> None:
    profile = c18.cooperative_profile(random.Random(1))
    assert all(row[0] == row[1] == (1, 0) for row in profile)
    assert all(sum(pair) == 1 and min(pair) >= 0 for row in profile for pair in row)


def test_another_profile_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c18, "NAMED", {"AllD": "AllD", "TFT": "TFT", "Grim": "Grim"})
    assert verdict("C18.tremble") is Verdict.REFUTED


def test_a_flipped_inequality_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    def flipped(game: object) -> CooperativeSet:
        found = cooperative_set(game)  # type: ignore[arg-type]
        return replace(found, slacks=tuple(-slack for slack in found.slacks))

    monkeypatch.setattr(c18, "cooperative_set", flipped)
    assert verdict("C18.cooperative-set") is Verdict.REFUTED


def test_inequalities_that_do_not_depend_on_the_discount_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = cooperative_set(ipd())
    monkeypatch.setattr(c18, "cooperative_set", lambda game: right)
    monkeypatch.setattr(c18, "ipd", lambda gamma=None: ipd(gamma=Rational(24, 25)))
    assert verdict("C18.cooperative-set") is Verdict.UNDECIDED
