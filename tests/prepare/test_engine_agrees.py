"""The engine of the firmware, built for this computer, gives the host's bytes and shapes.

The host's are held against TFLite Micro in test_int32.py and test_accepted_files_run.py.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from test_accepted_files_run import BASES, mutants
from test_int32 import SPECS, with_large_bias, with_large_multiplier

from differential import Outcome, compare
from int4_models import SPECS as INT4
from int4_models import dynamic_range, with_int4
from mendlite.model.rounding import Profile
from model_tables import TYPES
from tiny_models import build, dense_spec

ALL, LARGE = tuple(Profile), 250_000
"""The profiles, and the bytes from which a public file is compared under one of them."""


def is_run(spec):
    """Neither float, nor a SQUEEZE without dimensions, which would squeeze the samples' axis."""
    floats = any(tensor.type == "FLOAT32" and tensor.data is not None for tensor in spec.tensors)
    return not floats and spec.ops[0].op != "SQUEEZE"


@pytest.mark.parametrize("number", [n for n, spec in enumerate(BASES) if is_run(spec)])
def test_every_operator_is_equal_under_every_profile(number):
    verdict = compare(build(BASES[number]), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize("change", [with_large_bias, with_large_multiplier])
@pytest.mark.parametrize("op", list(SPECS))
def test_sums_that_leave_int32_wrap_alike(op, change):
    verdict = compare(build(change(SPECS[op]())), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@given(mutants())
@settings(max_examples=150)
def test_a_changed_file_is_equal_or_refused(data):
    verdict = compare(data, 0)
    assert verdict.good, verdict


@pytest.mark.parametrize("type_name", ["INT8", "INT16", "INT64"])
def test_a_bias_of_another_type_is_refused_by_both(type_name):
    spec = SPECS["CONV_2D"]()
    bias = spec.tensors[spec.ops[0].inputs[2]]
    bias.type = type_name
    bias.data = bias.data.astype({"INT8": "i1", "INT16": "<i2", "INT64": "<i8"}[type_name])
    assert type_name in TYPES
    assert compare(build(spec), 0).outcome is Outcome.BOTH_REFUSE


@pytest.mark.data
def test_files_that_once_gave_other_bytes_are_equal_or_refused():
    above = Path(os.environ["MENDLITE_DATA"]).parent
    paths = sorted((above / "cases" / "hostile").rglob("*.tflite"))
    verdicts = {path: compare(path.read_bytes(), 0) for path in paths}
    assert not {path: v for path, v in verdicts.items() if not v.good}
    assert sum(v.outcome is Outcome.EQUAL for v in verdicts.values()) > 10


@pytest.mark.data
@pytest.mark.slow
def test_public_files_are_equal_or_refused():
    above = Path(os.environ["MENDLITE_DATA"]).parent
    paths = sorted((above / "corpus" / "files").glob("*.tflite"))
    verdicts = {}
    for number, path in enumerate(paths):
        data = path.read_bytes()
        # A large network takes half a minute under all: it gets one of them in turn.
        turn = (ALL[number % len(ALL)],) if len(data) > LARGE else ALL
        verdicts[path] = compare(data, 0, turn)
    assert not {path: v for path, v in verdicts.items() if not v.good}
    # What the firmware is for: int8 networks that it has every operator of.
    assert sum(v.outcome is Outcome.EQUAL for v in verdicts.values()) > 5


@pytest.mark.parametrize("name", INT4)
def test_int4_weights_are_equal_under_every_profile(name):
    make, places = INT4[name]
    verdict = compare(with_int4(make(), *places)[0], 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize(("place", "type_name"), [(1, 19), (2, "INT4"), (3, "INT4")])
def test_two_bits_and_int4_elsewhere_are_refused_by_both(place, type_name):
    spec = dense_spec()
    spec.tensors[place].type = type_name
    if spec.tensors[place].data is not None:
        spec.tensors[place].data = np.zeros(spec.tensors[place].data.size // 2, np.uint8)
    assert compare(build(spec), 0).outcome is Outcome.BOTH_REFUSE


def test_int4_weights_under_float_activations_are_the_hosts_alone():
    verdict = compare(dynamic_range(dense_spec(), 1, 4), 0)
    assert verdict.outcome is Outcome.FIRMWARE_REFUSES
    assert verdict.reason == "unsupported at operator 0"
