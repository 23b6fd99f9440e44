"""QEBVerif's own tasks on int8 .tflite files: how many are decided, by what, in how long.

    MENDLITE_DATA=... python tools/bench_certify.py mnist --limit 300
    MENDLITE_DATA=... python tools/bench_certify.py acasxu --limit 30
    MENDLITE_DATA=... OPENBLAS_NUM_THREADS=1 python tools/bench_certify.py workers --limit 300

MNIST: |int8 - float| < eps on the predicted class's logit, in real output units, for every input
within 3 of 255 of a sample (``DQVerifier_mnist.py`` of S3L-official/QEBVerif). ACAS Xu: the same
advisory (the least output) round five points. Workers: one proof in one process and on two Dask
workers. Results go to docs/benchmarks/certify.json, part by
part, and the page is written from them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "toolchain"))

import certify_on_workers  # noqa: E402
from dense_networks import float_file, int8_file  # noqa: E402
from mendlite.certify.bounds.property import ErrorBound, SameClass  # noqa: E402
from mendlite.certify.decide import ProofEffort, certify  # noqa: E402
from mendlite.certify.model_pair import Ints, ModelPair  # noqa: E402
from mendlite.certify.proof_task import ProofTask  # noqa: E402
from mendlite.model.graph import Model  # noqa: E402
from mendlite.model.rounding import Profile  # noqa: E402
from mendlite.model.verification import ProofVerdict  # noqa: E402
from mendlite.solvers.maximisers import Maximiser, make_maximiser  # noqa: E402
from mendlite.tflite.reader import read, read_file  # noqa: E402

Entry = dict[str, Any]
OUT = ROOT / "docs" / "benchmarks" / "certify.json"
NETWORKS = ("1blk_100", "2blk_100_100", "3blk_100_100_100", "2blk_512_512")
SAMPLES = (
    3236, 5656, 7219, 7098, 3825, 521, 9886, 7389, 3064, 4544, 7773, 1340, 7894, 8463, 6930,
    2898, 2190, 1866, 914, 5574, 3770, 3016, 6395, 2897, 8541, 5082, 3712, 150, 2486, 3986,
)  # fmt: skip
TASKS, RADIUS = 30, 3
EPSILONS = (1, 2, 4, 6, 8)
PAPER = {
    "1blk_100": ((21, 26, 29, 30, 30), (30, 30, 30, 30, 30)),
    "2blk_100_100": ((2, 18, 28, 30, 30), (27, 29, 30, 30, 30)),
    "3blk_100_100_100": ((0, 4, 23, 29, 30), (19, 27, 29, 30, 30)),
}
"""Tasks the paper proves for each epsilon: by reachability alone, and with MILP."""

POINTS = (
    (0, 0, 0, 0, 0), (0.2, -0.1, 0, -0.3, 0.4), (0.45, -0.23, -0.4, 0.12, 0.33),
    (-0.2, -0.25, -0.5, -0.3, -0.44), (0.61, 0.36, 0, 0, -0.24),
)  # fmt: skip
LOW = (-0.328422877, -0.499999857, -0.499999857, -0.5, -0.5)
HIGH = (0.679857769, 0.499999857, 0.499999857, 0.5, 0.5)
"""Normalised ranges of the five inputs: in_min and in_max less in_mean, by in_var."""


def tasks(data: Path, first: Model, second: Model) -> list[tuple[int, Ints, int]]:
    """(id in MNIST's test set, stored input, class) of 30 samples that both networks get right."""
    file = np.load(data / "mnist" / "test.npz")
    stored = file["images"].reshape(-1, 784).astype(np.int64) - 128
    labels, index = file["labels"], file["index"]
    subject = ModelPair.of(first, second, Profile.TFLM)
    replay = subject.replay(subject.box(stored[0], stored[0]), stored[:1000])
    right = (replay.first.argmax(1) == labels[:1000]) & (replay.second.argmax(1) == labels[:1000])
    rows = [int(r) for r in np.flatnonzero(np.isin(index, SAMPLES))]
    rows += [int(r) for r in np.flatnonzero(right) if int(r) not in rows]
    return [(int(index[r]), stored[r], int(labels[r])) for r in rows[:TASKS]]


def mnist(data: Path, network: str, limit: float, solver: Maximiser | None) -> list[Entry]:
    """One entry a task and epsilon."""
    folder = data / "models" / "qebverif"
    first, second = (read_file(folder / f"mnist_{network}_{k}.tflite") for k in ("float", "int8"))
    subject = ModelPair.of(first, second, Profile.TFLM)
    found = []
    for sample, x, label in tasks(data, first, second):
        box = subject.box(np.clip(x - RADIUS, -128, 127), np.clip(x + RADIUS, -128, 127))
        for epsilon in EPSILONS:
            wanted = ErrorBound(epsilon=float(epsilon), outputs=(label,))
            task = ProofTask(models=subject, box=box, wanted=wanted)
            answer = certify(task, ProofEffort(seconds=limit, solver=solver))
            bound = answer.bounds[label]
            found.append({
                "sample": sample, "epsilon": epsilon, "verdict": answer.verdict.value,
                "means": answer.means.value, "seconds": round(answer.seconds, 2),
                "reach_seconds": round(answer.reach_seconds, 3),
                "lower": bound.lower, "upper": bound.upper,
            })  # fmt: skip
        print(network, sample, [(e["verdict"], e["means"], e["seconds"]) for e in found[-5:]],
              flush=True)  # fmt: skip
    return found


ALL_OUTPUTS = ("3blk_100_100_100", 4544, 1.1)
"""Network, sample and epsilon of a proof about all outputs: eight of its questions take seconds."""


def workers(data: Path, limit: float, rounds: int) -> Entry:
    """One long proof in one process and on two workers."""
    network, sample, epsilon = ALL_OUTPUTS
    folder = data / "models" / "qebverif"
    first, second = (read_file(folder / f"mnist_{network}_{k}.tflite") for k in ("float", "int8"))
    subject = ModelPair.of(first, second, Profile.TFLM)
    x = next(x for number, x, _ in tasks(data, first, second) if number == sample)
    task = ProofTask(
        models=subject,
        box=subject.box(np.clip(x - RADIUS, -128, 127), np.clip(x + RADIUS, -128, 127)),
        wanted=ErrorBound(epsilon=epsilon, outputs=tuple(range(subject.networks.second.outputs))),
    )
    named = {"network": network, "sample": sample, "epsilon": epsilon}
    return named | certify_on_workers.measured(task, limit, rounds)


def acas_weights(data: Path) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """(name, weights, biases) of the 45 networks."""
    file = np.load(data / "models" / "qebverif" / "acasxu_weights.npz")
    for i in range(1, 6):
        for j in range(1, 10):
            name = f"{i}_{j}"
            yield (name, [file[f"{name}/W{n}"] for n in range(7)],
                   [file[f"{name}/b{n}"] for n in range(7)])  # fmt: skip


def acasxu(data: Path, limit: float, solver: Maximiser | None, *, repair: bool) -> list[Entry]:
    """One entry a network: agreement on 1,000 uniform inputs, and the verdict at five points."""
    rng = np.random.default_rng(0)
    calibration = rng.uniform(LOW, HIGH, (2000, 5)).astype(np.float32)
    trial = rng.uniform(LOW, HIGH, (1000, 5)).astype(np.float32)
    effort, found = ProofEffort(seconds=limit, solver=solver), []
    for name, weights, biases in acas_weights(data):
        first = read(float_file(weights, biases, f"ACAS Xu {name}"))
        second = read(int8_file(weights, biases, calibration, f"ACAS Xu {name}"))
        entry = {"network": name, "of": len(trial)} | acas_verdicts(first, second, trial, effort)
        if repair:
            after = acas_verdicts(first, repaired(first, second, calibration), trial, effort)
            entry["repaired"] = after
        found.append(entry)
        print(json.dumps(entry), flush=True)
    return found


def acas_verdicts(first: Model, second: Model, trial: Any, effort: ProofEffort) -> Entry:
    """Advisories that agree on the trial inputs, and the five verdicts."""
    subject, wanted = ModelPair.of(first, second, Profile.TFLM), SameClass(sign=-1.0)
    quant = second.tensors[second.inputs[0]].quantization()
    step, zero = float(quant.scale[0]), int(quant.zero_point[0])

    def stored(values: Any) -> Ints:
        steps: Ints = np.clip(np.rint(np.asarray(values) / step) + zero, -128, 127).astype(np.int64)
        return steps

    x = stored(trial)
    replay = subject.replay(subject.box(x[0], x[0]), x)
    points = []
    for point in POINTS:
        low, high = (np.clip(np.asarray(point) + s * RADIUS / 255, LOW, HIGH) for s in (-1, 1))
        box = subject.box(stored(low), stored(high))
        answer = certify(ProofTask(models=subject, box=box, wanted=wanted), effort)
        points.append({
            "verdict": answer.verdict.value, "means": answer.means.value,
            "seconds": round(answer.seconds, 2),
        })  # fmt: skip
    agree = int((replay.first.argmin(1) == replay.second.argmin(1)).sum())
    return {"agree": agree, "points": points}


TARGET = """name = "acasxu"
description = "one ACAS Xu network"
[task]
kind = "regression"
[models.float]
file = "float.tflite"
[models.int8]
file = "int8.tflite"
[data.all]
file = "data.npz"
inputs = ["x"]
[samples]
repair = { from = "all", count = 1000 }
selection = { from = "all", count = 500 }
validation = { from = "all" }
[[inputs]]
"""


def repaired(first: Model, second: Model, samples: Any) -> Model:
    """The int8 file after `mendlite repair --strategy least-squares`, float as the teacher."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "float.tflite").write_bytes(first.data)
        (place / "int8.tflite").write_bytes(second.data)
        (place / "target.toml").write_text(TARGET)
        np.savez(place / "data.npz", x=samples)
        command = [sys.executable, "-m", "mendlite", "repair", folder, "--strategy",
                   "least-squares", "--jobs", "1", "-q", "--out", str(place / "out")]  # fmt: skip
        env = os.environ | {"PYTHONPATH": str(ROOT / "toolchain")}
        subprocess.run(command, env=env, check=True, capture_output=True)
        return read_file(place / "out" / "repaired.tflite")


def solved(entries: list[Entry], epsilon: int, *, reachability: bool) -> tuple[int, ...]:
    """Tasks that are decided, as (proved, refuted)."""
    here = [e for e in entries if e["epsilon"] == epsilon]
    if reachability:
        here = [e for e in here if e["means"] == "reachability"]
    return tuple(sum(e["verdict"] == v.value for e in here)
                 for v in (ProofVerdict.PROVED, ProofVerdict.REFUTED))  # fmt: skip


HEADER = (
    "network", "eps", "reachability", "with branching and MILP", "refuted", "median s",
    "longest s", "limit s", "paper: reachability", "paper: with MILP",
)  # fmt: skip


def page(results: dict[str, Any]) -> str:
    """The page docs/benchmarks/certify.md."""
    lines = [
        "# Certificates: for every input of a region", "",
        "Written by `tools/bench_certify.py` from `certify.json`. One core. Counts of 30 tasks:",
        "|int8 - float| < eps on the predicted class's logit, in real output units, over all",
        "inputs within 3 of 255 of a sample.", "",
        "| " + " | ".join(HEADER) + " |",
        "|" + "---|" * len(HEADER),
    ]  # fmt: skip
    for network, part in results.get("mnist", {}).items():
        entries, paper = part["tasks"], PAPER.get(network)
        for position, epsilon in enumerate(EPSILONS):
            proved, refuted = solved(entries, epsilon, reachability=False)
            seconds = [e["seconds"] for e in entries if e["epsilon"] == epsilon]
            theirs = ("-", "-") if paper is None else (paper[0][position], paper[1][position])
            reach = solved(entries, epsilon, reachability=True)[0]
            lines.append(
                f"| {network} | {epsilon} | {reach} | {proved} | {refuted} | "
                f"{np.median(seconds):.2f} | {max(seconds):.1f} | {part['limit']:g} | "
                f"{theirs[0]} | {theirs[1]} |"
            )
    lines += ["", *NOTES, ""]
    if "acasxu" in results:
        lines += acas_lines(results["acasxu"])
    if "workers" in results:
        lines += certify_on_workers.lines(results["workers"])
    return "\n".join(lines)


NOTES = (
    "The arithmetic is not the paper's: theirs is its own fixed point (powers of two, two integer",
    "bits for hidden values, so that they saturate at 4; no rounding of the outputs), ours is",
    "TFLite's int8 with scales per channel, zero-points and a rounded, clamped output. The float",
    "networks are the same. Our int8 files err less, so the same eps is easier to prove and the",
    "counts are not a race. The paper's samples with an even index are here; the rest is filled up",
    "with the first samples that both networks classify correctly.",
    "The limit is a task's: what was undecided at its end counts as not solved.",
)


def acas_lines(part: dict[str, Any]) -> list[str]:
    """The ACAS Xu section."""
    networks = part["networks"]
    text = (
        f"{len(networks)} networks, quantized per channel by `tools/dense_networks.py` (ranges "
        "from 2,000 uniform inputs), five points, radius 3/255 in normalised units: is the "
        "advisory (least output) the same for every stored input? Limit "
        f"{part['limit']:g} s. Agreement is "
        "on 1,000 uniform inputs. Where the advisories' scores differ by less than an output step, "
        "int8 ties, and refutations are real."
    )
    header = ("file", "proved", "refuted", "undecided", "median s", "longest s",
              "agree: least", "mean", "most")  # fmt: skip
    lines = ["## ACAS Xu", "", text, "", "| " + " | ".join(header) + " |", "|" + "---|" * 9]
    rows = {"int8": networks, "after least squares": [n.get("repaired") for n in networks]}
    for name, entries in rows.items():
        if any(entry is None for entry in entries):
            continue
        points = [p for entry in entries for p in entry["points"]]
        counts = [sum(p["verdict"] == v.value for p in points) for v in ProofVerdict]
        agree, seconds = [e["agree"] for e in entries], [p["seconds"] for p in points]
        lines.append(
            f"| {name} | {counts[0]} | {counts[1]} | {counts[2]} | {np.median(seconds):.2f} | "
            f"{max(seconds):.1f} | {min(agree)} | {np.mean(agree):.1f} | {max(agree)} |"
        )
    return [*lines, ""]


def main() -> None:
    """Run one part, add it to the results, write both files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=("mnist", "acasxu", "workers", "page"))
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--limit", type=float, default=300.0)
    parser.add_argument("--solver", default="highs")
    parser.add_argument("--rounds", type=int, default=3, help="workers: proofs of each kind")
    parser.add_argument("--repair", action="store_true", help="ACAS Xu: repaired as well")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    data, solver = Path(os.environ["MENDLITE_DATA"]), make_maximiser(options.solver)
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    begun = monotonic()
    if options.part == "mnist":
        for network in options.networks:
            entries = mnist(data, network, options.limit, solver)
            part = {"limit": options.limit, "tasks": entries}
            results.setdefault("mnist", {})[network] = part
            save(options.out, results)
    elif options.part == "acasxu":
        networks = acasxu(data, options.limit, solver, repair=options.repair)
        results["acasxu"] = {"limit": options.limit, "networks": networks}
    elif options.part == "workers":
        results["workers"] = workers(data, options.limit, options.rounds)
    save(options.out, results)
    print(f"{monotonic() - begun:.0f} s")


def save(path: Path, results: dict[str, Any]) -> None:
    """Results and page, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    path.with_suffix(".md").write_text(page(results))


if __name__ == "__main__":
    main()
