"""C19 in numbers: boxes of large volume, and how much of the true basins certified regions cover."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from sympy import Expr, Integer, Rational, pi

from numerics.coverage import Coverage, coverage
from numerics.evidence.model import Check, Run
from numerics.largest_box import largest_shape
from theory.claims import Evidence, Finding, Verdict
from theory.claims.certified import certificate_evidence, certified
from theory.games import ipd, stag_hunt
from theory.regions import Certificate, certify
from theory.separatrix import separatrix

TARGETS = ("AllD", "Grim")
HALF = 0.5
MANY = 10  # times larger


def volume(certificate: Certificate) -> Fraction:
    """Volume of a certified box, exact."""
    return prod((Fraction(high) - Fraction(low) for low, high in certificate.region["box"]), start=Fraction(1))


def _large(run: Run, target: str) -> Certificate:
    if run.progress is not None:
        run.progress(f"searching for a large box at {target}", 0, 0)
    return certify(ipd(), target, shape=largest_shape(ipd(), target, run.seed))


def _check_largest(run: Run) -> Finding:
    large = [_large(run, target) for target in TARGETS]
    gains = [volume(entry) / volume(certify(ipd(), target)) for entry, target in zip(large, TARGETS, strict=True)]
    words = ", ".join(
        f"{target} {float(volume(entry)):.2e}, {float(gain):.0f} times the cube's"
        for target, entry, gain in zip(TARGETS, large, gains, strict=True)
    )
    if min(gains) < MANY:
        return Finding(Verdict.UNDECIDED, f"no box many times larger than the cube was found: {words}")
    return certified(large, f"volumes: {words}")


def stag_hunt_coverage() -> dict[str, Expr]:
    """Exact shares of the basin of (Stag, Stag) that its largest certified box and ball cover."""
    game = stag_hunt()
    basin = separatrix(game).share(Integer(0))
    box, ball = certify(game, "Stag,Stag"), certify(game, "Stag,Stag", "sublevel")
    side = Rational(volume(box).numerator, volume(box).denominator)
    return {"box": side / basin, "ball": Rational(ball.region["level"]) * pi / 4 / basin}


def _check_coverage(run: Run) -> Finding:
    exact = stag_hunt_coverage()
    identity = Evidence(
        "identity",
        "areas of a square and of a quarter disc against the half-plane's",
        f"stag-hunt (Stag, Stag): box {exact['box']}, ball {exact['ball']} of the basin",
        {name: str(value) for name, value in exact.items()},
    )
    regions = {
        "AllD": _large(run, "AllD"),
        "Grim": _large(run, "Grim"),
        "cooperative set": certify(ipd(), "cooperative-set"),
    }
    measured = {
        name: coverage(entry, run.count("C19.coverage"), run.seed, run.progress) for name, entry in regions.items()
    }
    evidence = [identity]
    for name, found in measured.items():
        if found.inside.successes + found.inside.undecided < found.inside.total:
            return Finding(Verdict.REFUTED, f"a start in the certified region of {name} does not go to it")
        evidence.append(_measured(name, found, certificate_evidence(regions[name]).content["file"]))
    covered = all(found.interval[0] >= HALF for found in measured.values())
    failed = any(found.interval[1] < HALF for found in measured.values())
    verdict = Verdict.SUPPORTED if covered else Verdict.REFUTED if failed else Verdict.UNDECIDED
    reason = "boxes in ten dimensions are small: certified regions are where convergence is known, not where it happens"
    return Finding(verdict, reason, tuple(evidence))


def _measured(name: str, found: Coverage, file: str) -> Evidence:
    low, high = found.interval
    basin, inside = found.basin, found.inside
    return Evidence(
        "experiment",
        "uniform starts, projected policy gradient to its limit",
        f"ipd {name}: volume {float(found.volume):.2e}, basin {basin.fraction:.3f} [{basin.interval[0]:.3f}, "
        f"{basin.interval[1]:.3f}], so {low:.1e} to {high:.1e} of it; from inside {inside.successes} of {inside.total} "
        f"starts go there; n = {basin.total}, {basin.undecided} undecided",
        {
            "volume": str(found.volume),
            "basin": basin.fraction,
            "basin_interval": list(basin.interval),
            "inside": [inside.successes, inside.undecided, inside.total],
            "certificate": file,
        },
        basin.total,
        found.interval,
    )


CHECKS: dict[str, Check] = {"C19.largest": _check_largest, "C19.coverage": _check_coverage}
