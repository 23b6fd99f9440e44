"""Models with variables on a board: every recording begins with the first values, however it is cut into batches."""

from dataclasses import replace

import pytest

import streaming_models as models
from mendlite.errors import DeviceError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device import batches
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from mendlite.wire import messages
from mendlite.wire.messages import Capability, Request, Status
from random_inputs import random_inputs
from svdf_models import svdf_spec
from tiny_models import build

SPECS = {name: spec for name, spec in models.SPECS.items() if name != "float"}
SPECS["svdf"] = svdf_spec(rank=2, layers=2)
FRAMES, RECORDINGS = 6, 5


def shown(model):
    return [
        t for o in model.operators for t in o.outputs if model.tensors[t].dtype.numpy is not None
    ]


def require_equal(model, boards, tensors):
    x = random_inputs(model, RECORDINGS * FRAMES, deviation=2)
    runner = DeviceRunner(model=model, profile=Profile.TFLM, boards=boards)
    found = collect(runner, x, tensors)
    wanted = collect(ReferenceRunner(model=model, profile=Profile.TFLM), x, tensors)
    assert {t: v.tobytes() for t, v in found.items()} == {t: v.tobytes() for t, v in wanted.items()}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("most", [1, 4, 13, 1000])
def test_recordings_in_any_batches_are_the_hosts(open_board, monkeypatch, spec, most):
    monkeypatch.setattr(batches, "LONGEST_BATCH", most)
    model = replace(read(build(spec)), frames=FRAMES)
    require_equal(model, (open_board(),), shown(model))


def test_boards_share_whole_recordings(open_board):
    model = replace(read(build(SPECS["memories"])), frames=FRAMES)
    require_equal(model, (open_board(), open_board()), list(model.outputs))


def test_a_recording_that_a_reset_interrupts_begins_again(open_board, monkeypatch):
    monkeypatch.setattr(batches, "LONGEST_BATCH", 2)
    model = replace(read(build(SPECS["memories"])), frames=FRAMES)
    board, asked = open_board(), []
    load, run = board.load(model, Profile.TFLM), board._run_batch

    def interrupted(*arguments):
        asked.append(arguments)
        if len(asked) == 5:
            board._open().ask(Request.RESET, b"", "resetting")
        return run(*arguments)

    assert load.status is Status.OK
    monkeypatch.setattr(type(board), "_run_batch", lambda _self, *a: interrupted(*a))
    require_equal(model, (board,), list(model.outputs))
    assert len(asked) > RECORDINGS * FRAMES // 2, "nothing was run again"


def test_nothing_goes_on_before_a_run_ended(open_board):
    model = replace(read(build(SPECS["memories"])), frames=FRAMES)
    board = open_board()
    board.load(model, Profile.TFLM)
    (x,) = random_inputs(model, 2)
    with pytest.raises(DeviceError, match="WRONG_STATE"):
        board._run_batch(x.tobytes(), 2, (), 0)


@pytest.mark.parametrize(
    ("name", "kept"), [("memories", "variable '"), ("svdf", "the state of operator 0 SVDF")]
)
def test_an_engine_that_keeps_no_variables_says_so(open_board, monkeypatch, name, kept):
    board = open_board()
    hello = replace(board.hello, capabilities=board.hello.capabilities & ~Capability.STATE)
    monkeypatch.setattr(messages, "read_hello", lambda *_: hello)
    monkeypatch.setattr(board._client, "hello", hello)
    model = replace(read(build(SPECS[name])), frames=FRAMES)
    with pytest.raises(
        UnsupportedModelError, match="keeps no variables from frame to frame"
    ) as said:
        board.load(model, Profile.TFLM)
    assert kept in str(said.value)


def test_recordings_of_unknown_length_are_refused(open_board):
    model = read(build(SPECS["memories"]))
    runner = DeviceRunner(model=model, profile=Profile.TFLM, boards=(open_board(),))
    with pytest.raises(UnsupportedModelError, match=r"recordings, arrays \(N, frames, ...\)"):
        collect(runner, random_inputs(model, 4), list(model.outputs))
