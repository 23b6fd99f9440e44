"""All ways of feeding that the arrays, the shapes and the user leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import msgspec
from numpy.typing import NDArray

from mendlite.case.recipe import Preprocessing
from mendlite.errors import BadInputError, NotSureError
from mendlite.model import rows
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.limited import shown
from mendlite.understanding.asked import Asked
from mendlite.understanding.graph import holds_indices, sample_shape
from mendlite.understanding.input_range import InputRange
from mendlite.understanding.layouts import Arrangement, arrangements, asked_arrangement
from mendlite.understanding.rules import AS_STORED, Origin, Rule, candidate_rules, own_bytes
from mendlite.understanding.trial import Feeding

MOST = 64
"""Ways of feeding that are tried."""

Arrays = Sequence[NDArray[Any]]


def possible_orders(model: Model, data: LoadedData, asked: Asked) -> list[tuple[int, ...]]:
    """Which array may feed which input, the likeliest first: by name, by shape, in their order.

    Raises BadInputError, listing the arrays, where an input has none.
    """
    if asked.inputs:
        return [_asked_order(model, data, asked)]
    shapes = [sample_shape(model, t) for t in model.inputs]
    fitting = [
        [i for i, a in enumerate(data.arrays) if prod(a.shape[1:]) == prod(shape)]
        for shape in shapes
    ]
    for number, arrays in enumerate(fitting):
        if not arrays:
            raise _no_array(model, data, number)
    orders = [o for o in product(*fitting) if len(set(o)) == len(o)]
    if not orders:
        raise _no_array(model, data, 0)
    return sorted(orders, key=lambda o: (o != order_by_name(model, data), o))


def _no_array(model: Model, data: LoadedData, number: int) -> BadInputError:
    tensor = model.tensors[model.inputs[number]]
    held = ", ".join(
        f"{shown(name) or 'an array'} {a.dtype}{list(a.shape)}"
        for name, a in zip(data.names, data.arrays, strict=True)
    )
    return BadInputError(
        f"no array has samples of {list(rows.sample_shape(tensor))} for the input "
        f"'{shown(tensor.name)}'{rows.array_words(tensor)}; there are: {held}: name the arrays "
        "with `inputs`"
    )


def _asked_order(model: Model, data: LoadedData, asked: Asked) -> tuple[int, ...]:
    known = {name: i for i, name in enumerate(data.names) if name}
    known |= {str(i): i for i in range(len(data.arrays)) if str(i) not in known}
    missing = next((name for name in asked.inputs if name not in known), None)
    if missing is not None or len(asked.inputs) != len(model.inputs):
        raise BadInputError(
            f"`inputs` must name an array for each of the {len(model.inputs)} inputs, of: "
            f"{', '.join(shown(name) for name in known)}"
        )
    return tuple(known[name] for name in asked.inputs)


def plain_name(name: str) -> str:
    """A tensor's or array's name without what converters add to it."""
    name = name.lower().removeprefix("serving_default_").removesuffix(":0")
    return re.sub(r"(_int8|_input|input_)|[^a-z0-9]", "", name)


def order_by_name(model: Model, data: LoadedData) -> tuple[int, ...] | None:
    """The arrays in the order of the inputs of the same names; None where names do not decide."""
    arrays = {plain_name(name): i for i, name in enumerate(data.names) if name}
    needed = [plain_name(model.tensors[t].name) for t in model.inputs]
    if not all(name in arrays for name in needed):
        return None
    return tuple(arrays[name] for name in needed)


def feedings(
    model: Model, arrays: Arrays, orders: Sequence[tuple[int, ...]],
    ranges: Sequence[InputRange | None], asked: Asked,
) -> list[Feeding]:  # fmt: skip
    """Every combination of orders, layouts and rules; raises NotSureError where too many."""
    ways: list[Feeding] = []
    for order in orders:
        by_input = [
            list(_ways(model, t, arrays[i], limits, asked))
            for t, i, limits in zip(model.inputs, order, ranges, strict=True)
        ]
        ways += [_feeding(combination, order) for combination in _combined(by_input)]
    if len(orders) > 1:
        ways = [replace(one, arrays=f"arrays {', '.join(map(str, one.order))}") for one in ways]
    if len(ways) > MOST * len(orders):
        raise NotSureError(
            f"the model has {len(ranges)} inputs that may be fed in {len(ways)} ways: state "
            "`subtract` and `multiply`, and the arrays with `inputs`"
        )
    return ways


Way = tuple[str, Preprocessing, Origin]


def _combined(ways: Sequence[list[Way]]) -> Iterator[tuple[Way, ...]]:
    """All combinations; of several inputs, those of one rule for all where there are too many."""
    if prod(len(way) for way in ways) <= MOST:
        yield from product(*ways)
        return
    for words in dict.fromkeys(w[0] for way in ways for w in way):
        alike = [next((w for w in way if w[0] == words), way[0]) for way in ways]
        yield tuple(alike)


def _feeding(combination: tuple[Way, ...], order: tuple[int, ...]) -> Feeding:
    return Feeding(
        words=tuple(w for w, _, _ in combination),
        rules=tuple(rule for _, rule, _ in combination),
        order=order,
        origin=max(origin for *_, origin in combination),
    )


def _ways(
    model: Model, tensor: int, raw: NDArray[Any], limits: InputRange | None, asked: Asked
) -> Iterator[Way]:
    needed = sample_shape(model, tensor)
    layouts = arrangements(raw.shape[1:], needed)
    if asked.layout is not None:
        layouts = (asked_arrangement(asked.layout, needed),)
    for layout in layouts:
        # No number but itself stands for a token's.
        rules = (AS_STORED,) if holds_indices(model, tensor) else ()
        for rule in rules or _rules(_channels_last(raw, layout, needed), limits, asked):
            words = ", ".join(filter(None, [rule.words, layout.words]))
            order = list(layout.transpose)
            if not order and raw.shape[1:] != needed and isinstance(rule.how.subtract, list):
                order = list(range(len(needed)))  # the numbers are those of the input's last axis
            yield words, msgspec.structs.replace(rule.how, transpose=order), rule.origin


def _channels_last(raw: NDArray[Any], layout: Arrangement, needed: tuple[int, ...]) -> NDArray[Any]:
    """The samples as the rules see them: in the input's own shape."""
    if not layout.transpose:
        return raw if raw.shape[1:] == needed else raw.reshape(len(raw), *needed)
    stored = [needed[layout.transpose.index(axis)] for axis in range(len(needed))]
    moved = raw.reshape(len(raw), *stored)
    return moved.transpose(0, *(axis + 1 for axis in layout.transpose))


def _rules(raw: NDArray[Any], limits: InputRange | None, asked: Asked) -> Sequence[Rule]:
    if not asked.feeding:
        return candidate_rules(raw, limits)
    return (asked_rule(asked, limits),)


def asked_rule(asked: Asked, limits: InputRange | None) -> Rule:
    """The user's own rule; ``int8`` raw alone stands for the int8 input's own bytes."""
    alone = asked.subtract is None and asked.multiply is None
    if asked.int8 == "raw" and alone and limits is not None:
        rule, offset = own_bytes(limits), asked.raw_offset or 0
        shifted = float(offset + limits.zero_point)
        how = msgspec.structs.replace(rule.how, subtract=shifted, raw_offset=offset)
        return replace(rule, how=how, origin=Origin.USUAL)
    how = Preprocessing(
        subtract=0.0 if asked.subtract is None else asked.subtract,
        multiply=1.0 if asked.multiply is None else asked.multiply,
        int8=asked.int8 or "quantize",
        raw_offset=asked.raw_offset or 0,
    )
    words = f"(x - {_short(how.subtract)}) * {_short(how.multiply)}"
    if how == AS_STORED.how:
        return AS_STORED
    return replace(AS_STORED, words=words, how=how)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else f"{len(value)} numbers"
