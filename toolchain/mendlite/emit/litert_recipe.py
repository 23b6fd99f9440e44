"""A recipe of litert-quantizer 0.11: the bits of every layer's weights (its ``recipe_manager.py``).

A layer is named by the scope of its operator: the name of its output, with a semicolon behind it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from mendlite.model.graph import Layer, Model

MIN_MAX = "min_max_uniform_quantize"
ALL = "*"

Recipe = tuple[dict[str, Any], ...]


def litert_recipe(reference: Model, int4: Iterable[Layer], *, static: bool) -> Recipe:
    """8 bits everywhere, and 4 in these layers of the float model, with a scale a channel.

    ``static``: int8 activations, which are calibrated; else they are rounded at run time.
    """
    rows = [_row(".*", ALL, 8, static=static)]
    rows += [_row(_regex(reference, layer), layer.op, 4, static=static) for layer in int4]
    return tuple(rows)


def recipe_file(recipe: Recipe) -> bytes:
    """The file that ``Quantizer(..., quantization_recipe=path)`` loads."""
    return (json.dumps(recipe, indent=1) + "\n").encode()


def not_named_apart(reference: Model) -> frozenset[int]:
    """Numbers of the layers whose output has no name, or that of another operator's output."""
    names = Counter(_scope(reference, operator.outputs) for operator in reference.operators)
    scopes = {layer.number: _scope(reference, (layer.output,)) for layer in reference.layers}
    return frozenset(
        number for number, scope in scopes.items() if scope == ";" or names[scope] != 1
    )


def _scope(model: Model, outputs: Sequence[int]) -> str:
    return "".join(f"{model.tensors[t].name};" for t in outputs if t >= 0)


def _regex(reference: Model, layer: Layer) -> str:
    return f"^{re.escape(_scope(reference, (layer.output,)))}$"


def _row(regex: str, operation: str, bits: int, *, static: bool) -> dict[str, Any]:
    config: dict[str, Any] = {
        "weight_tensor_config": _tensor(bits, "CHANNELWISE", symmetric=True),
        "compute_precision": "INTEGER",
        "explicit_dequantize": False,
    }
    if static:
        config["activation_tensor_config"] = _tensor(8, "TENSORWISE", symmetric=False)
    return {
        "regex": regex, "operation": operation, "algorithm_key": MIN_MAX, "op_config": config
    }  # fmt: skip


def _tensor(bits: int, granularity: str, *, symmetric: bool) -> dict[str, Any]:
    return {"num_bits": bits, "symmetric": symmetric, "granularity": granularity, "dtype": "INT"}
