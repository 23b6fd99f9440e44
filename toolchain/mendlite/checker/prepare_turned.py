"""TRANSPOSE_CONV's shape, which input 0 states."""

from __future__ import annotations

from mendlite.checker.prepare_layers import layer_kind
from mendlite.checker.site import Found, Site
from mendlite.checker.turned import as_layer


def transposed(site: Site) -> Found:
    """The convolution of these sizes from output to input fits."""
    site.require_inputs(3, 4)
    inner, shape = as_layer(site), tuple(site.constants(0))
    if inner.kind(0) != inner.kind(1):
        raise site.unsupported(f"types {inner.kind(0)} and {inner.kind(1)}")
    kind = layer_kind(inner, channel_axis=0, activation=3)
    x, w = inner.tensor(0).shape, inner.tensor(1).shape
    fits = len(x) == len(w) == len(shape) == 4 and min(shape) >= 1
    if not fits or (shape[0], shape[3], w[3]) != (x[0], w[0], x[3]):
        raise site.wrong(f"{list(x)} and weights {list(w)} do not make {list(shape)}")
    for axis in (1, 2):
        pace = int(site.op.option(3 - axis, "i"))
        if site.extent(shape[axis], w[axis], pace, 1, same=site.same()) != x[axis]:
            raise site.wrong(f"an output {list(shape)} belongs to another input than {list(x)}")
    return shape, kind
