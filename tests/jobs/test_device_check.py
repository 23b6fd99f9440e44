"""Host against board: which verdict, and at which operator, for boards that go wrong on purpose."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mendlite.case.execution import Execution
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.compare_with_board import check_device
from mendlite.model.device_report import BoardVerdict
from mendlite.model.rounding import Profile
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.run import propose
from mendlite.replay.reference.execute import prepare, run_operator
from mendlite.targets.open import CaseOptions, load_case


@dataclass
class LyingBoard:
    """A board whose kernels are ours, but for one operator whose outputs are off by ``off``."""

    wrong: int | None
    off: int = 1
    profile: Profile = Profile.TFLM
    can_return_tensors: bool = True
    one_model: bool = False
    """Its engine runs the model that ships, and no copy of it with other outputs."""


@dataclass
class LyingRunner:
    model: object
    board: LyingBoard

    kernels = "a board"

    def run(self, inputs, tensors):
        if self.board.one_model and tuple(tensors) != self.model.outputs:
            raise UnsupportedModelError("its engine does not run this model")
        program = prepare(self.model, self.board.profile)
        values = dict(zip(self.model.inputs, inputs, strict=True))
        for operator in self.model.operators:
            found = run_operator(program, operator.index, values)
            if operator.index == self.board.wrong:
                for tensor, x in found.items():
                    found[tensor] = np.clip(x.astype(int) + self.board.off, -128, 127).astype(
                        x.dtype
                    )
            values |= found
        yield {t: values[t] for t in tensors}


@pytest.fixture
def case(monkeypatch):
    options = CaseOptions(samples=10, validation_samples=40)
    loaded = load_case("digits", options)

    def on(board):
        monkeypatch.setattr(
            Execution, "evaluation_runner", lambda _self, model: LyingRunner(model, board)
        )
        return replace(loaded, execution=replace(loaded.execution, boards=(board,)))

    return on


def verdict(case):
    found = check_device(case, {"int8": case.quantized})
    return found.models[0]


def test_the_same_kernels_are_identical(case):
    found = verdict(case(LyingBoard(wrong=None)))
    assert found.verdict is BoardVerdict.IDENTICAL
    assert found.differing == 0
    assert found.text == "identical"


@pytest.mark.parametrize("wrong", [0, 2, 3, 8])
def test_a_wrong_operator_is_named_and_no_later_one(case, wrong):
    loaded = case(LyingBoard(wrong=wrong, off=9))
    found = verdict(loaded)
    assert found.verdict is BoardVerdict.KERNEL
    assert found.first.operator == wrong
    assert found.first.op == loaded.quantized.operators[wrong].op
    assert found.first.largest == 9
    assert found.text == f"kernel differs at op {wrong}"


def test_another_profile_is_a_rounding(case):
    found = verdict(case(LyingBoard(wrong=None, profile=Profile.SINGLE)))
    assert found.verdict is BoardVerdict.ROUNDING
    assert found.looks_like == ("single",)
    assert found.first is not None


def test_an_engine_that_shows_no_tensors_names_no_operator(case):
    found = verdict(case(LyingBoard(wrong=2, off=9, can_return_tensors=False)))
    assert found.verdict is BoardVerdict.KERNEL
    assert found.first is None
    assert found.text == "kernel differs"


def test_an_engine_that_rejects_copies_leaves_what_its_outputs_showed(case):
    found = verdict(case(LyingBoard(wrong=2, off=9, one_model=True)))
    seen = verdict(case(LyingBoard(wrong=2, off=9)))
    assert found.verdict is BoardVerdict.KERNEL
    assert found.differing == seen.differing > 0
    assert found.differing_share == seen.differing_share
    assert found.first is None
    assert found.place == "; no operator was compared: its engine does not run this model"
    assert seen.unplaced == ""


def test_margins_claim_what_the_hosts_kernels_compute_whatever_a_board_judges(case):
    honest = case(LyingBoard(wrong=None))
    expected = propose(
        replace(honest, execution=replace(honest.execution, boards=())), LastLayerMargins()
    )
    dense = honest.quantized.layers[-1]
    lying = case(LyingBoard(wrong=dense.index, off=9))
    found = propose(lying, LastLayerMargins())
    assert found.notes == expected.notes
    assert found.model.data == expected.model.data
