"""A program's kernels are made once, by whichever thread needs one first."""

from threading import Event, Thread

import numpy as np

from mendlite.model.rounding import Profile
from mendlite.replay.reference.execute import PreparedModel, prepare
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.reader import read
from random_inputs import random_inputs
from tiny_models import build, conv_spec


def counted(monkeypatch, begun=None, go=None):
    """The operators whose kernels are made, in order; the first one waits for ``go``."""
    made, own = [], PreparedModel._made

    def make(program, index):
        made.append(index)
        if begun is not None:
            begun.set()
            assert go.wait(60)
        return own(program, index)

    monkeypatch.setattr(PreparedModel, "_made", make)
    return made


def test_two_threads_that_need_a_kernel_get_one(monkeypatch):
    program = prepare(read(build(conv_spec())), Profile.TFLM)
    begun, go, second_begun = Event(), Event(), Event()
    made, kernels = counted(monkeypatch, begun, go), []

    def second():
        second_begun.set()
        kernels.append(program.kernel(0))

    threads = [Thread(target=lambda: kernels.append(program.kernel(0))), Thread(target=second)]
    threads[0].start()
    assert begun.wait(60)
    threads[1].start()
    assert second_begun.wait(60)
    go.set()
    for thread in threads:
        thread.join(60)
    assert made == [0]
    assert kernels[0] is kernels[1]


def test_runs_of_many_slices_make_each_kernel_once(monkeypatch):
    model = read(build(conv_spec()))
    made = counted(monkeypatch)
    inputs = random_inputs(model, 8 * slice_size(model))
    runner = ReferenceRunner(model=model, profile=Profile.TFLM, workers=2)
    outputs = model.outputs
    first = [values[outputs[0]] for values in runner.run(inputs, outputs)]
    again = [values[outputs[0]] for values in runner.run(inputs, outputs)]
    assert sorted(made) == sorted(set(made)) != []
    assert np.array_equal(np.concatenate(first), np.concatenate(again))
