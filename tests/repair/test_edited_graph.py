"""``edit_graph``: a pool's own range, accepted by the selection samples and listed everywhere."""

from dataclasses import dataclass

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import Evaluator
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.jobs.steps import run_steps
from mendlite.repair.graph_start import NAME, edited_start
from mendlite.repair.run import require_settings
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.patch import apply, revert
from pooled_models import pooled_spec
from small_targets import HEAD
from tiny_models import build, float_twin


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return pooled_case(tmp_path_factory.mktemp("pooled"))


def pooled_case(folder, **changes):
    """The pool's range is far wider than its values."""
    rng = np.random.default_rng(5)
    np.savez(folder / "data.npz", x=rng.normal(0, 2.0, (600, 6, 5, 3)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(pooled_spec())))
    (folder / "int8.tflite").write_bytes(build(pooled_spec(**changes)))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")
    return load_case(str(folder), OPTIONS)


def settings(strategy="bias", **options):
    return Settings.of(strategy, edit_graph=True, **options)


@pytest.fixture(scope="module")
def repaired(case):
    return repair(case, settings(), PATHS)


def test_the_step_is_accepted_and_the_file_is_the_deltas(case, repaired):
    report = repaired.report
    assert (report.steps[0].name, report.steps[0].accepted) == (NAME, True)
    assert report.validation.repaired.loss < report.validation.int8.loss
    assert apply(case.quantized.data, repaired.delta) == repaired.data
    assert revert(repaired.data, repaired.delta) == case.quantized.data
    assert repaired.model.operators[1].op == "MEAN"
    scales = [repaired.model.tensors[t].scale for t in (3, 4, 6)]
    assert scales[0] == case.quantized.tensors[3].scale
    assert scales[1] == scales[2] < scales[0]


def test_the_report_says_what_a_resolver_needs_and_the_sizes(case, repaired):
    graph = repaired.report.graph
    assert graph.register == ("MEAN",)
    assert graph.operators == ("CONV_2D", "FULLY_CONNECTED", "MEAN", "RESHAPE")
    assert (graph.file.before, graph.file.after) == (len(case.quantized.data), len(repaired.data))
    assert "the resolver must register MEAN" in graph.sentence
    if graph.arena is not None:
        assert abs(graph.arena.after - graph.arena.before) < 512


def test_other_interpreters_run_the_edited_file(repaired):
    assert repaired.report.second_opinion.confirmed
    assert {r.verdict for r in repaired.report.second_opinion.runtimes} <= {"identical", "not run"}


def test_without_the_option_the_graph_stays(case):
    plain = repair(case, Settings.of("bias"), PATHS)
    assert plain.report.graph is None
    assert len(plain.data) == len(case.quantized.data)
    assert NAME not in {s.name for s in plain.report.steps}


def test_what_makes_only_the_selection_samples_worse_is_undecided(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    worse = _Worse(case=case, samples=evaluator.samples, teacher=evaluator.teacher)
    begun = edited_start(case, settings(), worse, settings().stopping())
    assert begun.undecided
    assert [(s.name, s.accepted) for s in begun.steps] == [(NAME, False)]


def test_after_the_time_limit_the_graph_stays(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    spent = settings(time_limit=1e-9)
    begun = edited_start(case, spent, evaluator, spent.stopping())
    assert begun.case is case
    assert not begun.steps
    assert any("time limit of 1e-09 s: the graph stays" in note for note in begun.notes)


def test_what_improves_with_the_steps_alone_is_accepted_with_them(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    alone = edited_start(case, settings(), evaluator, settings().stopping()).case.quantized
    doubtful = _WorseAlone(
        case=case, samples=evaluator.samples, teacher=evaluator.teacher, alone=alone.sha256
    )
    begun, ran = run_steps(case, settings(), doubtful, settings().stopping())
    assert [(s.name, s.accepted) for s in begun.steps] == [(NAME, True)]
    assert begun.steps[0].why.startswith("with the steps behind it: ")
    assert not any("rejected" in note for note in begun.notes)
    assert ran.state.model.operators[1].op == "MEAN"


def test_what_does_not_improve_with_the_steps_either_is_rejected(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    worse = _Worse(case=case, samples=evaluator.samples, teacher=evaluator.teacher)
    begun, ran = run_steps(case, settings(), worse, settings().stopping())
    assert begun.case is case
    assert [(s.name, s.accepted) for s in begun.steps] == [(NAME, False)]
    assert "with the steps behind it" in begun.steps[0].why
    assert any("rejected" in note for note in begun.notes)
    assert ran.state.model.operators[1].op == "AVERAGE_POOL_2D"


class _Worse(Evaluator):
    """Every other file than the base file computes the negative outputs."""

    def outputs(self, model):
        outputs = super().outputs(model)
        return outputs if self._is_good(model) else type(outputs)(values=-outputs.values)

    def _is_good(self, model):
        return model.sha256 == self.case.quantized.sha256


@dataclass(frozen=True, kw_only=True)
class _WorseAlone(_Worse):
    """Only the file of the digest ``alone`` computes the negative outputs."""

    alone: str

    def _is_good(self, model):
        return model.sha256 != self.alone


def test_a_file_without_such_a_pool_is_repaired_as_ever(tmp_path):
    case = pooled_case(tmp_path, activation=3)
    done = repair(case, settings(), PATHS)
    assert done.report.graph is None
    assert any("stays: its fused RELU6 clips" in note for note in done.report.notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_bytes": 64}, "budget"),
        ({"edit_scales": False}, "no range may change"),
        ({"layers": ["1"]}, "no range may change"),
    ],
)
def test_what_contradicts_it_is_refused_before_any_replay(case, options, words):
    with pytest.raises(BadInputError, match=words):
        require_settings(case, settings("least-squares", **options))
