"""Files with two signatures, each a model of its own."""

from dataclasses import replace

from tiny_models import conv_spec, dense_spec

SHARED = 1
"""The buffer of the first constant of the first subgraph."""


def two(*, shared=False):
    """'plain' and 'conv' with models of their own; or 'plain' and 'other' with common weights."""
    first, second = dense_spec(0), dense_spec(7) if shared else conv_spec(1)
    if shared:
        weights = replace(second.tensors[1], file_buffer=SHARED)
        second.tensors[1] = weights
    ends = (
        [{"x": s.inputs[0]} for s in (first, second)],
        [{"y": s.outputs[0]} for s in (first, second)],
    )
    names = ("plain", "other" if shared else "conv")
    signatures = [(name, n, ends[0][n], ends[1][n]) for n, name in enumerate(names)]
    return replace(first, others=[second], signatures=signatures)
