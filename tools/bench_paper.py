"""QNNRepair's experiments on what can be had here, in the paper's own shape, into docs/benchmarks/.

Usage: make bench-paper, or make bench-paper ARGS="--networks conv3,cifar_resnet20". Needs the real
models (MENDLITE_DATA); tools/make_paper_networks.sh trains the two small networks first. Rankings
and deltas come from the repair images, what is "best" from the selection images, every figure
from the validation images. Runs that are left out keep what docs/benchmarks/paper.json says.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.qnnrepair import neuron_problem
from mendlite.analysis.activation_status import layer_statuses
from mendlite.analysis.localization import layer_spectra
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, evaluate, teacher_outputs
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.localize.ranking import rank
from mendlite.localize.suspiciousness import suspiciousness
from mendlite.model.graph import Model
from mendlite.model.layer_values import channel_matrix, tensor_layout
from mendlite.model.problem import RepairProblem
from mendlite.model.repair_options import Passing
from mendlite.model.samples import Samples
from mendlite.model.spectra import Metric, Spectra
from mendlite.pairing.layers import LayerPair
from mendlite.repair.layers.neuron_rows import LayerRows
from mendlite.repair.moves.squant import Squant
from mendlite.repair.run import propose
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare, run_operators
from mendlite.replay.registry import make_runner
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched
from paper_page import importance_png, page

NETWORKS = (
    "conv3",
    "conv5",
    "digits",
    "ic_imbalanced",
    "kws_imbalanced",
    "mnist_mlp_512",
    "cifar_resnet20",
    "cifar_resnet56",
    "mlperf_ic",
)
LARGE = "mobilenet_v2"
OUT, TRAINED = Path("docs") / "benchmarks", Path("build") / "paper"
COUNTS = (1, 5, 10, 100)
SEEDS = range(10)
IMAGES = (10, 100, 500, 1000)
METRICS = tuple(metric for metric in Metric if metric is not Metric.RANDOM)
LIMITS = Limits(seconds=10.0)

Neurons = NDArray[np.int64]


def load(name: str) -> Case:
    """A target by name, or a network trained here."""
    root = os.environ.get("MENDLITE_DATA")
    if not root:
        sys.exit("bench_paper: set MENDLITE_DATA to the folder of the real models")
    trained = TRAINED / name / "target.toml"
    options = CaseOptions(data_root=Path(root))
    return load_case(str(trained) if trained.is_file() else name, options)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Accuracy and failing tests of one model on one set."""

    accuracy: float
    failing: int


@dataclass(frozen=True, kw_only=True)
class Tail:
    """One set's stored inputs of a layer, and what judges the answers behind it."""

    case: Case
    pair: LayerPair
    evaluator: Evaluator
    stored: NDArray[Any]

    @staticmethod
    def of(case: Case, pair: LayerPair, evaluator: Evaluator) -> Tail:
        """Replay the int8 model once up to the layer."""
        entry = pair.quantized.input
        runner = make_runner("reference", case.quantized, case.profile)
        inputs = case.quantized_inputs(evaluator.samples, case.quantized)
        stored = collect(runner, inputs, [entry])[entry]
        return Tail(case=case, pair=pair, evaluator=evaluator, stored=stored)

    def figures(self, model: Model) -> Figures:
        """Those of ``model``, which differs from the int8 model in this layer alone."""
        layer, tensors = self.pair.quantized, evaluated_tensors(self.case.task, model)
        values: dict[int, NDArray[Any]] = {layer.input: self.stored}
        last = max(o.index for o in model.operators if set(o.outputs) & set(tensors))
        program = prepare(model, self.case.profile)
        run_operators(program, values, range(layer.index, last + 1), tensors)
        found = self.evaluator.score(read_outputs(self.case.task, model, values, ()))
        return Figures(accuracy=float(found.quality.accuracy or 0.0), failing=found.failing)


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A layer with all its neurons solved: spectra, and deltas i16[C, K] (0 where unsolved)."""

    spectra: Spectra
    deltas: NDArray[np.int16]
    seconds: float
    unsolved: int


def solve_layer(case: Case, pair: LayerPair, samples: Samples) -> Solved:
    """Every neuron of the layer that the paper's method could choose, from the file as it came."""
    failed = case.task.failing(
        teacher_outputs(case, samples), evaluate(case, case.quantized, samples)
    )
    spectra = layer_spectra(layer_statuses(case, case.quantized, samples, [pair]), failed)[0]
    rows = LayerRows.of(case, case.quantized, pair, samples)
    fails = np.repeat(failed, rows.status.positions)
    problems: list[RepairProblem] = []
    for neuron in np.flatnonzero(~dead_channels(case.quantized, pair.quantized)):
        differ = fails & (rows.reference[:, neuron] != rows.quantized[:, neuron])
        if differ.any():
            data = rows.neuron(int(neuron), np.flatnonzero(differ), fails)
            problems.append(
                neuron_problem(data, passing=Passing.NONE, max_delta=None, max_rows=1000, seed=0)
            )
    start = process_time()
    pool = SolverPool(backend="chain", limits=LIMITS, jobs=case.execution.jobs)
    answers = pool.solve(problems, lambda _done: None)
    deltas = np.zeros(rows.matrix.shape, np.int16)
    for problem, answer in zip(problems, answers, strict=True):
        if answer.delta is not None:
            deltas[problem.neuron] = answer.delta
    return Solved(
        spectra=spectra,
        deltas=deltas,
        seconds=process_time() - start + sum(a.seconds for a in answers),
        unsolved=sum(not a.solved for a in answers),
    )


def with_neurons(case: Case, pair: LayerPair, solved: Solved, neurons: Neurons) -> Model:
    """The int8 model with the deltas of these neurons."""
    model, layer = case.quantized, pair.quantized
    matrix = channel_matrix(model, layer, model.tensors[layer.weights].constant()).copy()
    matrix[neurons] += solved.deltas[neurons].astype(np.int8)
    edit = data_edit(model, layer.weights, tensor_layout(model, layer, matrix))
    return patched(model, [edit]) if edit is not None else model


def table3(
    case: Case,
    pair: LayerPair,
    solved: Solved,
    evaluators: Sequence[Evaluator],
    counts: Iterable[int],
) -> list[dict[str, Any]]:
    """Rows of one layer: N neurons drawn at random, and by each metric."""
    tails = [Tail.of(case, pair, evaluator) for evaluator in evaluators]
    channels, rows = pair.quantized.channels, []

    def tried(neurons: Neurons) -> tuple[Figures, Figures]:
        model = with_neurons(case, pair, solved, neurons)
        return tails[0].figures(model), tails[1].figures(model)

    for count in [n for n in counts if n < channels] + [channels]:
        random = [
            tried(np.random.default_rng(seed).choice(channels, count, replace=False))[1]
            for seed in (SEEDS if count < channels else [0])
        ]
        by = {
            metric.value: tried(rank(solved.spectra, metric, 0).neurons[:count])
            for metric in (METRICS if count < channels else METRICS[:1])
        }
        chosen = max(by, key=lambda name: (by[name][0].accuracy, -by[name][0].failing))
        rows.append(
            {
                "network": case.name,
                "layer": pair.quantized.number,
                "channels": channels,
                "neurons": count,
                "random": [f.accuracy for f in random],
                "random_failing": [f.failing for f in random],
                "metrics": {name: figures[1].accuracy for name, figures in by.items()},
                "metrics_failing": {name: figures[1].failing for name, figures in by.items()},
                "chosen": chosen,
                "chosen_accuracy": by[chosen][1].accuracy,
                "chosen_failing": by[chosen][1].failing,
                "best_on_validation": max(f[1].accuracy for f in by.values()),
            }
        )
    return rows


def table5(case: Case, evaluator: Evaluator, best: Mapping[str, Any]) -> dict[str, Any]:
    """SQuant in the file's grid against the paper's best on the selection images."""
    start = perf_counter()
    model = propose(case, Squant()).model
    seconds = perf_counter() - start
    found = evaluator.score(evaluator.outputs(model))
    return {
        "network": case.name,
        "squant": found.quality.accuracy,
        "squant_failing": found.failing,
        "squant_seconds": seconds,
        "qnnrepair": best["chosen_accuracy"],
        "qnnrepair_failing": best["chosen_failing"],
    }


def table7(case: Case, pair: LayerPair, evaluators: Sequence[Evaluator]) -> list[dict[str, Any]]:
    """Ten neurons by each metric, from few and many repair images."""
    tail = Tail.of(case, pair, evaluators[1])
    rows = []
    for images in IMAGES:
        solved = solve_layer(case, pair, case.sets.repair.some(images))
        found = {
            metric.value: tail.figures(
                with_neurons(case, pair, solved, rank(solved.spectra, metric, 0).neurons[:10])
            )
            for metric in METRICS
        }
        rows.append(
            {
                "network": case.name,
                "layer": pair.quantized.number,
                "images": images,
                "metrics": {name: f.accuracy for name, f in found.items()},
                "metrics_failing": {name: f.failing for name, f in found.items()},
            }
        )
    return rows


def measure(name: str) -> dict[str, Any]:
    """All tables' rows of one network."""
    case = load(name)
    evaluators = [Evaluator.of(case, s) for s in (case.sets.selection, case.sets.validation)]
    before = evaluators[1].score(evaluators[1].outputs(case.quantized))
    teacher = case.task.quality(evaluators[1].teacher, evaluators[1].samples.labels)
    dense = [p for p in case.pairs if p.quantized.op == "FULLY_CONNECTED"]
    dense = dense or [case.pairs[-1]]
    counts = (10, 100) if name == LARGE else COUNTS
    found: dict[str, Any] = {
        "network": name,
        "float": teacher.accuracy,
        "int8": before.quality.accuracy,
        "failing": before.failing,
        "validation": before.samples,
        "table3": [],
        "layers": [],
        "importance": {},
    }
    for pair in dense:
        solved = solve_layer(case, pair, case.sets.repair)
        found["table3"] += table3(case, pair, solved, evaluators, counts)
        number = pair.quantized.number
        found["layers"].append(
            {"layer": number, "seconds": solved.seconds, "unsolved": solved.unsolved}
        )
        found["importance"][str(number)] = suspiciousness(solved.spectra, Metric.AMPLE, 0).tolist()
    best = max(found["table3"], key=lambda row: row["chosen_accuracy"])
    found["table5"] = table5(case, evaluators[1], best)
    if name in NETWORKS[:3]:
        found["table7"] = table7(case, dense[0], evaluators)
    return found


def main() -> None:
    """Measure, write the JSON, the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default=",".join((*NETWORKS, LARGE)))
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    options = parser.parse_args()
    path = OUT / "paper.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name in [] if options.page else options.networks.split(","):
        start = perf_counter()
        known[name] = measure(name)
        known[name]["seconds"] = perf_counter() - start
        print(f"{name}: {known[name]['seconds']:.0f} s", flush=True)
        path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    for name in ("table6", "table6_10000"):
        solving = Path("build") / "bench" / f"{name}.json"
        if solving.is_file():
            known[name] = json.loads(solving.read_text(encoding="utf-8"))
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    (OUT / "paper.md").write_text(page(known), encoding="utf-8")
    (OUT / "importance.png").write_bytes(importance_png(known))


if __name__ == "__main__":
    main()
