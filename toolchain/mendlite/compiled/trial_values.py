"""The trial of compiled tables, pools, sums, softmax, resizing and conversions against numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import bilinear, conversion, exact_products, pooling
from mendlite.arith.geometry import Window
from mendlite.arith.pairwise import BYTES, Pairwise
from mendlite.arith.softmax import make_softmax
from mendlite.compiled import values as compiled

Draw = Callable[[int, int, int], NDArray[np.int64]]
"""(count, seed, largest) → whole numbers from -largest - 1 to largest."""

Trials = Iterator[tuple[str, NDArray[np.generic], NDArray[np.generic]]]
"""(what, the kernel's outputs, the right ones)."""


def value_trials(draw: Draw, x: NDArray[np.int8], window: Window) -> Trials:
    """``x`` (n, h, w, c) is what ``window`` slides over."""
    yield from _tables(draw)
    yield from _pools(x, window)
    yield "sum", _given(compiled.sums(x, (1, 2))), x.sum(axis=(1, 2), keepdims=True)
    for kind, depth in ((np.int8, 21), (np.uint8, 21), (np.int8, 3)):
        few = x.reshape(-1)[: 9 * depth].reshape(9, depth).astype(kind)
        yield "largest value's place", compiled.arg_max(few), np.argmax(few, axis=-1)
    floats = np.ldexp(np.float32(1), x.reshape(-1)[:150].reshape(5, 30))
    floats[1, 7], floats[2, 9], floats[3] = -np.inf, np.nan, -np.float32(0)
    largest = exact_products.largest_magnitude(floats, 1).reshape(-1)
    found = compiled.largest_magnitudes(floats)
    yield "magnitude", np.nan_to_num(found, nan=-1), np.nan_to_num(largest, nan=-1)
    of = make_softmax(0.07, 1.0)
    rows = draw(300, 7, 127).astype(np.int8).reshape(-1, 10)
    yield "softmax", compiled.make_softmax(of)(rows), of(rows)
    grids = [
        bilinear.integer_grid(n, m, aligned=False, centred=True)
        for n, m in zip(x.shape[1:3], (7, 4), strict=True)
    ]
    resized = compiled.make_resize(grids[0], grids[1], (x.shape[1], x.shape[2]))(x)
    yield "resizing", resized, bilinear.make_integer_resize(*grids)(x)


def _given(found: NDArray[Any] | None) -> NDArray[Any]:
    """What a kernel gave; nothing where it left the work to numpy."""
    return np.zeros(0) if found is None else found


def _tables(draw: Draw) -> Trials:
    table = draw(2**16, 6, 127).astype(np.int8)
    first, second = (part.astype(np.int8) for part in (BYTES[:, None], BYTES))
    pairwise = Pairwise(table=table)
    for x, y in ((first, second), (second, first), (*np.broadcast_arrays(first, second),)):
        found = compiled.look_up_pairs(table, x, y)
        yield "table of pairs", _given(found), pairwise(x, y)
    words = np.arange(2**16, dtype=np.uint16)
    for by, kind in ((256, np.int8), (256, np.float32), (2**16, np.int16)):
        values, outputs = words[:by].astype(f"u{by.bit_length() // 8}"), draw(by, 8, 127)
        yield "table", compiled.look_up(outputs.astype(kind), values), outputs.astype(kind)


def _pools(x: NDArray[np.int8], window: Window) -> Trials:
    for kind in (np.int8, np.uint8, np.int16, np.float32):
        typed = x.astype(kind)
        yield (
            "maximum pool",
            compiled.max_pool(typed, window, 0, 100),
            pooling.max_pool(typed, window, 0, 100),
        )
    for whole in (np.int8, np.uint8, np.int16):
        typed = x.astype(whole)
        yield (
            "average pool",
            compiled.average_pool(typed, window, 0, 100),
            pooling.average_pool(typed, window, 0, 100),
        )
    halves = x.astype(np.float32).reshape(-1) / np.float32(2)
    for dtype in (np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int16)):
        yield (
            "quantization",
            compiled.quantize(halves, 1.0, 3, dtype),
            conversion.quantize(halves, 1.0, 3, dtype),
        )
