"""One proof in one process and on two Dask workers: a part of docs/benchmarks/certify.md.

Seconds of the clock, and CPU seconds: of the process, and of the worker that computed longest. The
latter are what the clock shows on a machine that does nothing else.
"""

from __future__ import annotations

import os
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

from local_cluster import opened_cluster
from mendlite.certify.decide import ProofEffort, certify
from mendlite.certify.proof_task import ProofTask
from mendlite.model.verification import Verification
from mendlite.workers.dask_cluster import connect
from mendlite.workers.workers import Workers

WORKERS = 2
COMMAND = "OPENBLAS_NUM_THREADS=1 python tools/bench_certify.py workers"
Entry = dict[str, Any]


def measured(task: ProofTask, limit: float, rounds: int) -> Entry:
    """Seconds of every round, in turns; raises ValueError where the two proofs differ."""
    times: dict[str, list[float]] = {
        name: [] for name in ("one", "one_cpu", "workers", "workers_cpu")
    }
    with opened_cluster(WORKERS) as (cluster, address), connect(address) as client:
        for _ in range(rounds):
            begun = process_time()
            one = _proof(task, limit, None, times["one"])
            times["one_cpu"].append(round(process_time() - begun, 1))
            before = _cpu(client)
            if _proof(task, limit, cluster, times["workers"]) != one:
                raise ValueError("the proof on the workers differs from that of one process")
            spent = [after - then for after, then in zip(_cpu(client), before, strict=True)]
            times["workers_cpu"].append(round(max(spent), 1))
    return times | {
        "rounds": rounds, "verdict": one.verdict.value,
        "means": one.means.value, "questions": one.questions, "limit": limit,
        "cores": os.cpu_count(), "load": round(os.getloadavg()[2], 1),
    }  # fmt: skip


def _cpu(client: Any) -> list[float]:
    """CPU seconds of every worker so far, in the order of their addresses."""
    spent: dict[str, float] = client.run(process_time)
    return [spent[address] for address in sorted(spent)]


def _proof(
    task: ProofTask, limit: float, workers: Workers | None, seconds: list[float]
) -> Verification:
    """The proof without its times, which go to ``seconds``; branching alone, without a solver."""
    begun = perf_counter()
    effort = ProofEffort(seconds=limit, solver=None, workers=workers)
    found = certify(task, effort)
    seconds.append(round(perf_counter() - begun, 1))
    return replace(found, seconds=0.0, reach_seconds=0.0)


def lines(part: Entry) -> list[str]:
    """The section of the page."""
    text = (
        f"`{COMMAND}`: |int8 - float| < {part['epsilon']:g} on all ten outputs of "
        f"{part['network']}, within 3 of 255 of sample {part['sample']} "
        f"({part['questions']} questions, {part['verdict']} by {part['means']}, no solver). "
        f"Workers are processes of one thread on the same machine of {part['cores']} cores. Its "
        f"load average over the 15 minutes before the end was {part['load']:g}: other work shared "
        "the cores. The CPU seconds of the worker that computed longest are a lower bound of what "
        "the proof takes on two free cores. Both proofs are compared."
    )
    rows = [
        ("seconds of the clock", part["one"], part["workers"]),
        ("CPU seconds, of the longest worker", part["one_cpu"], part["workers_cpu"]),
    ]
    header = "| | one process, by round | two workers, by round | fastest: times one process |"
    return [
        "## On two Dask workers", "", text, "", header, "|---|---|---|---|",
        *(
            f"| {name} | {_listed(one)} | {_listed(two)} | {min(one) / min(two):.2f} |"
            for name, one, two in rows
        ), "",
    ]  # fmt: skip


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in seconds)
