"""How stored samples may become the real input of a model: the rules that people use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.recipe import Numbers, Preprocessing
from mendlite.understanding.input_range import InputRange

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue from 0 to 1, as in torchvision."""

CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of blue, green and red from 0 to 255."""

SCALES = (1, 15, 16, 31, 63, 100, 127, 255, 1023, 4095, 16383, 32767, 65535)
"""Largest values of whole numbers from cameras, converters and scanners."""


class Origin(IntEnum):
    """Where a rule's numbers come from; the lower explains the more."""

    USUAL = 0
    """A rule that people use."""
    OWN = 1
    """The int8 input's own scale and zero-point: such a rule fits its range by construction."""
    FITTED = 2
    """These very samples, which the model was not trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A way to feed one input, in words ("x / 255"), and where its numbers come from."""

    words: str
    how: Preprocessing
    origin: Origin = Origin.USUAL


def _rule(words: str, subtract: Numbers, multiply: Numbers, origin: Origin = Origin.USUAL) -> Rule:
    how = Preprocessing(subtract=subtract, multiply=multiply)
    return Rule(words=words, how=how, origin=origin)


AS_STORED = _rule("as stored", 0.0, 1.0)


def candidate_rules(raw: NDArray[Any], limits: InputRange | None) -> tuple[Rule, ...]:
    """The rules that may be meant for samples (n, ...), the plainest first.

    ``limits`` is the int8 input's range, None where it has none.
    """
    rules = [AS_STORED]
    if is_whole(raw):
        rules += _of_whole(raw, limits)
    else:
        rules += _of_real(raw)
    return (*rules, *_fitted(raw))


def is_whole(raw: NDArray[Any]) -> bool:
    """Whether samples are whole numbers, of any type."""
    if raw.dtype.kind in "iub":
        return True
    return bool(np.all(raw == np.trunc(raw))) and float(raw.max()) > 1


def full_scale(raw: NDArray[Any]) -> float:
    """The largest value that whole numbers like these can have."""
    if raw.dtype == np.int16:
        return 32768.0
    highest = max(float(raw.max()), 1.0)
    scale = next((s for s in SCALES if s >= highest), highest)
    if raw.dtype == np.uint8 and scale > 64:
        return 255.0
    return float(scale)


def _of_whole(raw: NDArray[Any], limits: InputRange | None) -> Iterator[Rule]:
    if raw.dtype == np.int8 or (float(raw.min()) < 0 and np.abs(raw).max() <= 128):
        yield from _of_bytes(limits)
        return
    top = full_scale(raw)
    if float(raw.min()) < 0:
        yield _rule(f"x / {top:g}", 0.0, 1 / top)
        return
    yield from _of_levels(top, channels(raw))
    if raw.dtype == np.uint8:
        if top != 255:
            yield from _of_levels(255.0, channels(raw))
        yield _rule("x - 128", 128.0, 1.0)
        if limits is not None:
            yield _rule(
                "the int8 input's own steps, x - 128 as stored bytes",
                float(128 + limits.zero_point), limits.step, Origin.OWN,
            )  # fmt: skip


def _of_levels(top: float, channels: int) -> Iterator[Rule]:
    """Rules for levels from 0 to ``top``."""
    middle = (top + 1) / 2 if top % 2 else top / 2
    yield _rule(f"x / {top:g}", 0.0, 1 / top)
    yield _rule(f"x / {top / 2:g} - 1", top / 2, 2 / top)
    if middle != top / 2:
        yield _rule(f"(x - {middle:g}) / {middle:g}", middle, 1 / middle)
    yield _rule(f"x / {top:g} - 0.5", top / 2, 1 / top)
    if channels == 3:
        yield _rule(
            f"(x / {top:g} - mean) / deviation, both ImageNet's",
            [m * top for m in IMAGENET_MEAN],
            [1 / (d * top) for d in IMAGENET_DEVIATION],
        )
        yield _rule("x - mean, ImageNet's in Caffe's order", list(CAFFE_MEAN), 1.0)


def _of_bytes(limits: InputRange | None) -> Iterator[Rule]:
    """Rules for int8 samples: bytes of the int8 input, or pixels less 128."""
    if limits is not None:
        yield own_bytes(limits)
    yield _rule("x / 128", 0.0, 1 / 128)
    yield _rule("(x + 128) / 255", -128.0, 1 / 255)
    yield _rule("x + 128", -128.0, 1.0)


def own_bytes(limits: InputRange) -> Rule:
    """Samples that are the int8 input's bytes."""
    how = Preprocessing(subtract=float(limits.zero_point), multiply=limits.step, int8="raw")
    return Rule(words="the int8 input's own bytes", how=how, origin=Origin.OWN)


def _of_real(raw: NDArray[Any]) -> Iterator[Rule]:
    low, high = float(raw.min()), float(raw.max())
    if low >= 0 and high <= 1:
        yield _rule("x * 255", 0.0, 255.0)
        yield _rule("2 x - 1", 0.5, 2.0)
        if channels(raw) == 3:
            yield _rule(
                "(x - mean) / deviation, both ImageNet's",
                list(IMAGENET_MEAN),
                [1 / d for d in IMAGENET_DEVIATION],
            )
    elif low >= -1 and high <= 1:
        yield _rule("(x + 1) / 2", -1.0, 0.5)
        yield _rule("(x + 1) * 127.5", -1.0, 127.5)
    elif low >= 0 and 64 < high <= 255:
        yield from _of_levels(255.0, channels(raw))


def channels(raw: NDArray[Any]) -> int:
    """The length of the last axis of samples with two axes or more, else 1."""
    return int(raw.shape[-1]) if raw.ndim > 2 else 1


def _fitted(raw: NDArray[Any]) -> Iterator[Rule]:
    """Rules whose numbers are the samples' own; they stand for a StandardScaler or MinMaxScaler."""
    values = raw.astype(np.float64)
    axes = tuple(range(raw.ndim - 1)) if raw.ndim == 2 or channels(raw) > 1 else None
    for words, at in (("of all values", None), ("of each column", axes)):
        if at is None and words != "of all values":
            continue
        spread, low, wide = values.std(axis=at), values.min(axis=at), np.ptp(values, axis=at)
        if np.min(spread) <= 0:
            continue
        yield _rule(
            f"(x - mean) / deviation {words}, from these samples",
            np.asarray(values.mean(axis=at)).tolist(), (1 / np.asarray(spread)).tolist(),
            origin=Origin.FITTED,
        )  # fmt: skip
        yield _rule(
            f"(x - least) / (largest - least) {words}, from these samples",
            np.asarray(low).tolist(), (1 / np.asarray(wide)).tolist(), origin=Origin.FITTED,
        )  # fmt: skip
