"""Scale and zero-point of a model's inputs and outputs as C, for the firmware."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.model.interface import InterfaceTensor, Side
from mendlite.reading.limited import shown

LIMITS = {
    "INT8": (-128, 127, "int8_t"),
    "UINT8": (0, 255, "uint8_t"),
    "INT16": (-32768, 32767, "int16_t"),
}
"""Smallest and largest stored value, and the C type, of what the header converts."""

SATURATED = {"INT8": 1024, "UINT8": 1024, "INT16": 131072}
"""Steps beyond which every value is saturated, whatever the zero-point is."""


def c_interface(stem: str, tensors: Sequence[InterfaceTensor]) -> str:
    """Macros and conversions for each input and output; empty without any.

    ``stem`` is the array's C identifier. An only input is ``<STEM>_INPUT_SCALE``; of several the
    second is ``<STEM>_INPUT_1_SCALE``. The conversions round as TFLite's QUANTIZE does.
    """
    known = [one for one in tensors if one.dtype in LIMITS]
    if not known:
        return ""
    return "\n#include <stdint.h>\n\n" + "\n".join(_one(stem, one, known) for one in known)


def _one(stem: str, tensor: InterfaceTensor, all_of: Sequence[InterfaceTensor]) -> str:
    several = sum(one.side is tensor.side for one in all_of) > 1 or tensor.number > 0
    place = f"{tensor.side.value}_{tensor.number}" if several else tensor.side.value
    kind = LIMITS[tensor.dtype][2]
    scale, zero = tensor.parameters.scale, tensor.parameters.zero_point
    macro, function = f"{stem}_{place}".upper(), f"{stem}_{place}".lower()
    # Whoever made the file chose the name: it must not end the comment.
    name = shown(tensor.name).replace("*", "?").replace("/", "|").replace("\\", "|")
    what = f"{tensor.side.value} {tensor.number} {name}, {tensor.dtype.lower()}"
    lines = [
        f"/* {what}: real = scale * (stored - zero_point) */",
        f"#define {macro}_SCALE {_literal(scale)}",
        f"#define {macro}_ZERO_POINT ({zero})",
    ]
    if tensor.side is Side.INPUT:
        return "\n".join([*lines, _feed(macro, function, tensor.dtype)])
    return "\n".join([*lines, _read(macro, function, kind)])


def _literal(scale: float) -> str:
    """A float32 in C: nine digits tell it from every other."""
    return f"{scale:.9e}f"


def _feed(macro: str, function: str, dtype: str) -> str:
    (low, high, kind), most = LIMITS[dtype], SATURATED[dtype]
    return f"""\
static inline {kind} {function}_from_real(float real) {{
  float steps = real / {macro}_SCALE;
  float kept = steps >= {most} ? {most} : steps > -{most} ? steps : -{most};
  int32_t whole = (int32_t)kept;
  float rest = kept - (float)whole;
  int32_t stored = whole + (rest >= 0.5f) - (rest <= -0.5f) + {macro}_ZERO_POINT;
  return ({kind})(stored < {low} ? {low} : stored > {high} ? {high} : stored);
}}
"""


def _read(macro: str, function: str, kind: str) -> str:
    return f"""\
static inline float {function}_to_real({kind} stored) {{
  return {macro}_SCALE * (float)(stored - {macro}_ZERO_POINT);
}}
"""
