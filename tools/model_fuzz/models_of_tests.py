"""The small models that the tests build: networks, operators alone, other kinds of files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[2] / "tests"
KINDS = ("INT8", "INT16", "UINT8", "FLOAT32")
CURVES = ("HARD_SWISH", "ELU", "EXP", "GELU", "LEAKY_RELU", "LOG", "RSQRT", "SQRT")


def of_tests() -> Iterator[tuple[str, bytes]]:
    """Names and bytes."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from block_models import pair
    from tiny_models import build

    for name, make in {**_networks(), **_kinds(), **_operators()}.items():
        made = make()
        yield f"tests/{name}", made if isinstance(made, bytes) else build(made)
    yield "tests/blocks", pair((32, 64, 8))[1]


def _of(change: Callable[..., Any], make: Callable[[], Any], *more: Any) -> Any:
    """A changed form of a model that is made for it alone."""
    return change(make(), *more)


def _int4(spec: Any, *places: int) -> Any:
    """The model with int4 weights at these tensors."""
    from int4_models import with_int4

    return with_int4(spec, *places)[0]


def _networks() -> dict[str, Callable[[], Any]]:
    """Networks of several layers, and their float forms."""
    from small_networks import spec_of
    from small_targets import detector, with_logistic
    from tiny_models import conv_spec, dense_spec, float_twin, transpose_conv_spec

    makers: list[Callable[[], Any]] = [
        dense_spec, conv_spec, transpose_conv_spec, with_logistic, detector,
        *(partial(spec_of, seed) for seed in range(10)),
        partial(conv_spec, depthwise=True), partial(conv_spec, dilation=(2, 1)),
        partial(conv_spec, stride=(2, 2)),
    ]  # fmt: skip
    found = {f"{number}": make for number, make in enumerate(makers)}
    return found | {f"{name}-float": partial(_of, float_twin, make) for name, make in found.items()}


def _kinds() -> dict[str, Callable[[], Any]]:
    """Files of other kinds: with state, of int4, int16, float16, token ids, several rows."""
    from gpt_models import gpt_spec
    from int4_models import SPECS
    from int16_models import int16x8
    from interpreted_models import abs_spec, detection_spec
    from language_models import language_spec
    from log_softmax_models import classifier, log_softmax_spec
    from pooled_models import pooled_spec
    from recurrent_models import FORMS as LSTM_FORMS
    from recurrent_models import int16_lstm_spec, lstm_spec
    from several_rows import images, two_inputs
    from stored_float_models import half_spec, island_spec
    from streaming_models import streaming_spec
    from svdf_models import FORMS, MICRO_FORMS, svdf_spec
    from tiny_models import conv_spec, dense_spec

    return {
        **{f"lstm {name}": partial(lstm_spec, **form) for name, form in LSTM_FORMS.items()},
        "lstm int16": int16_lstm_spec, "streaming": streaming_spec, "absolute": abs_spec,
        "pooled": pooled_spec,
        "log softmax": log_softmax_spec, "log softmax behind a classifier": classifier,
        **{
            f"svdf {name}": partial(svdf_spec, **form)
            for name, form in {**FORMS, **MICRO_FORMS}.items()
        },
        "detection": detection_spec, "half": half_spec, "island": island_spec,
        "language": partial(language_spec, quantized=True),
        "language-float": partial(language_spec, quantized=False),
        "gpt": partial(gpt_spec, quantized=True), "gpt-float": partial(gpt_spec, quantized=False),
        "rows": images, "rows-of-two-inputs": two_inputs,
        "int16 conv": partial(_of, int16x8, conv_spec),
        "int16 dense": partial(_of, int16x8, dense_spec),
        **{
            f"int4 {name}": partial(_of, _int4, make, *places)
            for name, (make, places) in SPECS.items()
        },
    }  # fmt: skip


def _operators() -> dict[str, Callable[[], Any]]:
    """Each operator that copies or computes, alone, in every type."""
    import computing_models
    import copying_models
    from curve_models import spec

    found: dict[str, Callable[[], Any]] = {}
    for module in (copying_models, computing_models):
        found |= {
            f"{name} {kind}": partial(module.spec_of, name, kind)
            for name in module.TABLE
            for kind in KINDS
        }
    scales, zeros = (0.05, 0.06), (0, 3)
    return found | {name: partial(spec, name, scales, zeros) for name in CURVES}
