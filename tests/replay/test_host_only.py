"""Operators that the host's kernels run and the firmware's engine does not."""

from computing_models import spec_of
from int16_models import int16x8_file
from mendlite.replay.device.lacks import host_only
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec
from uint8_models import uint8_dense_spec


def test_layers_are_the_engines():
    assert host_only(read(build(dense_spec()))) == ()
    assert host_only(read(build(uint8_dense_spec()))) == ()
    assert host_only(read(int16x8_file(dense_spec()))) == ()


def test_floats_are_the_hosts():
    assert host_only(read(build(spec_of("sum", "FLOAT32")))) == ("SUM",)
