"""Public wake words: 1,000 frames with their state, every tensor, as TFLite Micro computes it."""

from dataclasses import replace

import pytest

from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from random_inputs import random_inputs

NAMES = (
    "esphome+micro-wake-word-models__okay_nabu",
    "esphome+micro-wake-word-models__vad",
    "TaterTotterson+microWakeWords__stop",
)
FRAMES, RECORDINGS = 250, 4


@pytest.mark.data
@pytest.mark.parametrize("runtime", installed(), ids=lambda runtime: runtime.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_frames_have_the_bytes_of_the_interpreter(data_root, name, runtime):
    path = data_root.parent / "corpus" / "files" / f"{name}.tflite"
    model = replace(read(path.read_bytes()), frames=FRAMES)
    x = random_inputs(model, RECORDINGS * FRAMES)
    tensors = [t for o in model.operators for t in o.outputs if model.tensors[t].dtype.numpy]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), x, tensors)
    theirs = collect(runtime.runner(model), x, tensors)
    for tensor in tensors:
        assert ours[tensor].tobytes() == theirs[tensor].tobytes(), tensor
