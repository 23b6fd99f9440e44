"""The C header's scales, zero-points and conversions are the model's, on every value."""

import ctypes
import subprocess

import numpy as np
import pytest

from int16_models import int16x8
from mendlite.arith.conversion import dequantize, quantize
from mendlite.emit.c_array import c_header
from mendlite.model.interface import InterfaceTensor, Parameters, Side
from mendlite.tflite.interface import interface_tensors
from mendlite.tflite.reader import read
from small_networks import with_uint8_ends
from tiny_models import build, dense_spec

EXPORTED = """
#include "g_model.h"
int feed(float real) { return g_model_input_from_real(real); }
float result(int stored) { return g_model_output_to_real(stored); }
"""


def compiled(folder, tensors, compiler="cc"):
    (folder / "g_model.h").write_bytes(c_header("g_model", tensors))
    source, library = folder / ("a.c" if compiler == "cc" else "a.cc"), folder / "a.so"
    text = EXPORTED if compiler == "cc" else 'extern "C" {' + EXPORTED + "}"
    source.write_text(text, encoding="ascii")
    command = [compiler, "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", str(library), str(source)], check=True, cwd=folder)
    loaded = ctypes.CDLL(str(library))
    loaded.feed.argtypes, loaded.result.restype = [ctypes.c_float], ctypes.c_float
    return loaded


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16"])
@pytest.mark.parametrize("compiler", ["cc", "c++"])
def test_the_header_converts_as_the_model_does(tmp_path, compiler, kind):
    made = {"int8": dense_spec, "uint8": lambda: with_uint8_ends(dense_spec())}
    spec = made.get(kind, lambda: int16x8(dense_spec()))()
    tensors = list(interface_tensors(read(build(spec))))
    loaded = compiled(tmp_path, tensors, compiler)
    entry, end = (one.parameters for one in tensors)
    rng, kind = np.random.default_rng(0), np.dtype(kind)
    halves = (np.arange(-300, 300) * (109 if kind == "int16" else 1) + 0.5) * entry.scale
    reals = np.concatenate([rng.normal(0, 8, 500), halves, [1e30, -1e30]]).astype(np.float32)
    expected = quantize(reals, entry.scale, entry.zero_point, kind)
    assert [loaded.feed(float(x)) for x in reals] == expected.tolist()
    stored = np.arange(np.iinfo(kind).min, np.iinfo(kind).max + 1)
    real = dequantize(stored, end.scale, end.zero_point)
    found = np.array([loaded.result(int(q)) for q in stored], np.float32)
    assert np.allclose(found, real, rtol=1e-6, atol=0)


def test_several_inputs_have_their_numbers_and_a_name_ends_no_comment():
    tensors = [
        InterfaceTensor(
            side=Side.INPUT, number=number, tensor=number, name="a */ int x; /* \\",
            dtype="INT8", parameters=Parameters(scale=0.5, zero_point=number),
        )
        for number in (0, 1)
    ]  # fmt: skip
    text = c_header("model", tensors).decode()
    assert "#define MODEL_INPUT_0_ZERO_POINT (0)" in text
    assert "#define MODEL_INPUT_1_SCALE 5.000000000e-01f" in text
    assert text.count("*/") == 2
    assert "\\" not in text


def test_a_float_model_has_none():
    assert b"SCALE" not in c_header("model", [])
