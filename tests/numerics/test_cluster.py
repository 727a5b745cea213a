"""numerics.cluster: a Dask cluster's workers give the same bits, also when one of them is killed midway."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from commands import Invoke

from numerics import Experiment, chunks, cluster, simulate
from numerics.evidence import Run
from numerics.verdicts import verify
from theory.errors import BadInput
from theory.games import ipd_finite, stag_hunt

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

EXACT = Experiment(
    stag_hunt(), "initial-cooperation:0.82", ("pg", "meta"), steps=30, lr=0.5, count=300, anneal="two-phase:10:0.7:5"
)
SAMPLED = replace(EXACT, game=ipd_finite(), gradient="sampled", form="expanded", batch=8, count=150, steps=12)
ORACLE = replace(EXACT, success="oracle", policy="direct", init="uniform:0:1", lr=0.05)


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SHORTEST", 64)
    monkeypatch.setattr(chunks, "LONGEST", 64)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a scheduler with two workers in threads of this process, which starts within a second."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=False, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as found:
        yield found.scheduler_address


def same(a: Any, b: Any) -> bool:
    ends = all(np.array_equal(x.end, y.end) for x, y in zip(a.methods, b.methods, strict=True))
    return ends and json.dumps(a.to_json()) == json.dumps(b.to_json())


@pytest.mark.parametrize("experiment", [EXACT, SAMPLED, ORACLE], ids=["exact", "sampled", "oracle"])
def test_a_cluster_changes_no_bit(address: str, experiment: Experiment) -> None:
    calls: list[tuple[str, int, int]] = []
    found = simulate(experiment, lambda *call: calls.append(call), every=7, cluster=address)
    assert same(found, simulate(experiment, every=7, workers=1))
    assert calls[-1][1] == calls[-1][2] == experiment.steps * experiment.count * 2
    assert not same(found, simulate(replace(experiment, seed=1)))  # control


def test_what_is_in_the_store_is_not_sent(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(replace(EXACT, count=192), store=tmp_path)
    sent: list[chunks.Chunk] = []
    share_out = cluster.Cluster.share_out

    def counted(self: cluster.Cluster, work: Any, items: Iterable[chunks.Chunk], *rest: object) -> Iterator[Any]:
        sent.extend(items)
        return share_out(self, work, sent, *rest)

    monkeypatch.setattr(cluster.Cluster, "share_out", counted)
    found = simulate(EXACT, store=tmp_path, cluster=address, keep=False)
    assert sorted((part.method, part.first) for part in sent) == [(m, k) for m in ("meta", "pg") for k in (192, 256)]
    assert same(found, simulate(EXACT))
    assert len(list(tmp_path.rglob("*.npz"))) == 10  # the cluster's parts were kept here


def test_claims_are_shared_out(address: str) -> None:
    run, asked = Run("quick", 0), ("C6", "C14.bound", "C5.ordering")
    here, there = verify(run, asked), verify(run, asked, cluster=address)
    assert [entry.finding for entry in here.entries] == [entry.finding for entry in there.entries]
    assert str(here.entries[0].finding.verdict) and any(entry.seconds for entry in there.entries)


def test_a_worker_with_other_code_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_checked", _elsewhere)
    with pytest.raises(BadInput, match=r"^--cluster: worker \S+ has other code, processor; results"):
        simulate(EXACT, cluster=address)


def _elsewhere(work: Any, item: Any, rest: Any, expected: dict[str, Any]) -> Any:
    return CHECKED(work, item, rest, {**expected, "code": "another", "processor": "another"})


CHECKED = cluster._checked


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    for address in ("tcp://127.0.0.1:1", "no address", "", *["tcp://127.0.0.1:1"] * 3):  # again and again: no deadlock
        with pytest.raises(BadInput, match=r"^--cluster: no scheduler answers at"):
            simulate(EXACT, cluster=address)


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as alone,
        pytest.raises(BadInput, match="has no worker"),
    ):
        simulate(EXACT, cluster=alone.scheduler_address)


def test_the_command_line(address: str, invoke: Invoke) -> None:
    words = ("simulate", "stag-hunt", "--success", "initial-cooperation:0.82", "--steps", "5", "--json")
    here, there = invoke(*words), invoke(*words, "--cluster", address)
    assert there.code == 0 and there.out == here.out
    for refused, reason in (
        ((*words, "--cluster", address, "--workers", "2"), "--workers: a cluster has its own"),
        (("verify", "stag-hunt", "--cluster", address), "--cluster: it shares out the paper's claims"),
    ):
        done = invoke(*refused)
        assert done.code == 2 and not done.out and reason in done.err and len(done.err.splitlines()) == 1


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        BadInput, match=r"^--cluster: Dask is not installed \(pip install 'basin-entry\[cluster\]'\)\.$"
    ):
        simulate(EXACT, cluster="tcp://127.0.0.1:1")


# ----------------------------------------------------------------------------------------------------------- processes


@pytest.mark.thorough
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_processes_and_one_killed_midway(workers: int, tmp_path: Path) -> None:
    longer = replace(EXACT, steps=20_000, count=1000)
    whole = simulate(longer, workers=1)
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as processes:
        killed: list[int] = []

        def kill(method: str, done: int, total: int) -> None:
            if not killed and done > 0.2 * total:
                nanny = next(iter(processes.workers.values()))
                killed.append(nanny.pid)
                os.kill(nanny.pid, signal.SIGKILL)
                sleep(0.1)

        found = simulate(longer, kill, store=tmp_path, cluster=processes.scheduler_address)
        assert killed and same(found, whole)
