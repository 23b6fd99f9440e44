"""The second opinion of a repair: on the file as it came, and before anything is written."""

from dataclasses import replace

import pytest
from test_repair import digits  # noqa: F401 - a fixture

from digits_case import PATHS
from hidden_packages import hide
from lying import LyingRunner
from mendlite.errors import DiffersError, UnsupportedModelError
from mendlite.jobs import repair as job
from mendlite.jobs import second_opinion
from mendlite.jobs.repair import repair
from mendlite.jobs.second_opinion import BASE, conclude, look
from mendlite.repair.settings import Settings
from mendlite.replay.runtimes import installed

FAST = Settings.of("margins")


def lie(monkeypatch, wrong, when=lambda _model: True):
    """All runtimes are our kernels, but operator ``wrong`` of the models that ``when`` chooses."""

    def isolated(runtime, model):
        bad = wrong if when(model) else None
        return LyingRunner(model, runtime.profile, wrong=bad, off=9, kernels=runtime.kernels)

    monkeypatch.setattr(second_opinion, "isolated", isolated)


def refuse(monkeypatch, when=lambda _model: True):
    """All runtimes refuse the models that ``when`` chooses."""

    class Refusing(LyingRunner):
        def run(self, inputs, tensors):
            if when(self.model):
                raise UnsupportedModelError(f"{self.kernels} cannot run this file: no")
            return super().run(inputs, tensors)

    monkeypatch.setattr(
        second_opinion,
        "isolated",
        lambda runtime, model: Refusing(model, runtime.profile, kernels=runtime.kernels),
    )


def test_every_runtime_confirms_the_file_as_it_came(digits):  # noqa: F811
    looks = look(digits, BASE, digits.quantized)
    found = conclude(digits, digits.quantized, looks, looks)
    assert found.confirmed
    assert len(found.runtimes) == len(installed())
    for one in found.runtimes:
        assert (one.verdict, one.samples, one.tensors, one.float_room) == ("identical", 64, 1, None)
        assert one.profile in {"tflm", "tflm_2026_10", "tflite_2_14", "tflite_ref"}
    assert "the same bytes on 64 samples" in found.summary


def test_a_difference_on_the_base_stops_before_anything_is_tried(digits, monkeypatch):  # noqa: F811
    lie(monkeypatch, 3)
    monkeypatch.setattr(job, "run_steps", lambda *_args: pytest.fail("a strategy ran"))
    name = digits.quantized.operators[3].op
    with pytest.raises(
        DiffersError, match=rf"samples of the int8 file: .* first at operator 3 {name}, tensor "
    ) as caught:
        repair(digits, FAST, PATHS)
    assert str(caught.value).endswith("; nothing was written")


def test_a_difference_on_the_repaired_file_stops_it(digits, monkeypatch):  # noqa: F811
    lie(monkeypatch, 2, when=lambda model: model.sha256 != digits.quantized.sha256)
    with pytest.raises(DiffersError, match="samples of the repaired file: .* operator 2 "):
        repair(digits, FAST, PATHS)


def test_a_repaired_file_that_a_runtime_refuses_is_not_written(digits, monkeypatch):  # noqa: F811
    refuse(monkeypatch, when=lambda model: model.sha256 != digits.quantized.sha256)
    with pytest.raises(DiffersError, match="runs the base file and not the repaired one: "):
        repair(digits, FAST, PATHS)


def test_a_file_that_no_runtime_runs_is_said_to_be_seen_by_nobody(digits, monkeypatch):  # noqa: F811
    refuse(monkeypatch)
    found = repair(digits, FAST, PATHS).report.second_opinion
    assert not found.confirmed
    assert found.summary.startswith("no other interpreter ran this file; ")
    assert "cannot run this file: no" in found.summary
    assert {one.verdict for one in found.runtimes} == {"not run"}


def test_without_an_interpreter_the_report_says_so(digits, monkeypatch):  # noqa: F811
    hide(monkeypatch, "ai_edge_litert", "tflite_runtime", "tflite_micro")
    looks = look(digits, BASE, digits.quantized)
    found = conclude(digits, digits.quantized, looks, looks)
    assert (looks, found.confirmed, found.runtimes) == ((), False, ())
    assert "the cross-check needs ai-edge-litert: pip install ai-edge-litert" in found.summary


def test_fewer_samples_than_asked_for_are_all_of_them(digits, monkeypatch):  # noqa: F811
    seen = []

    class Counting(LyingRunner):
        def run(self, inputs, tensors):
            seen.append(len(inputs[0]))
            return super().run(inputs, tensors)

    monkeypatch.setattr(
        second_opinion, "isolated", lambda runtime, model: Counting(model, runtime.profile)
    )
    sets = digits.sets
    few = replace(
        sets, validation=sets.validation.some(20), selection=sets.selection.some(5),
        repair=sets.repair.some(7),
    )  # fmt: skip
    look(replace(digits, sets=few), BASE, digits.quantized)
    look(replace(digits, sets=replace(few, repair=sets.repair)), BASE, digits.quantized)
    assert seen[: len(installed())] == [32] * len(installed())
    assert set(seen[len(installed()) :]) == {64}


REPLAYED = [
    ({"strategy": "qnnrepair", "max_bytes": 9}, "supports no budget"),
    ({"neurons": 3, "max_bytes": 9}, "cannot be combined"),
    ({"neurons": 3, "strategy": "margins"}, "`neurons` needs"),
    ({"layers": ("zzz",)}, "no layer is called 'zzz'"),
    ({"strategy": "smt", "layers": ("0",)}, "`layers` leaves it out"),
    ({"strategy": "bias", "layers": ("dense",), "max_edits": 1,
      "neurons": 2}, "cannot be combined"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), REPLAYED)
def test_settings_are_refused_before_anything_is_replayed(digits, monkeypatch, changes, message):  # noqa: F811
    monkeypatch.setattr(
        "mendlite.case.evaluate._replayed", lambda *_args: pytest.fail("samples were replayed")
    )
    monkeypatch.setattr(job, "look", lambda *_args: pytest.fail("samples were replayed"))
    with pytest.raises(Exception, match=message) as caught:
        repair(digits, Settings.of(**changes), PATHS)
    assert type(caught.value).__module__ == "mendlite.errors"


def test_a_strategy_without_the_float_model_is_refused_before_a_replay(digits, monkeypatch):  # noqa: F811
    monkeypatch.setattr(job, "look", lambda *_args: pytest.fail("samples were replayed"))
    lost = replace(digits, float_model=None, pairs=(), pairing=None)
    for strategy in ("least-squares", "qnnrepair", "search", "squant"):
        with pytest.raises(Exception, match="needs the float model"):
            repair(lost, Settings.of(strategy), PATHS)
