"""Compare the checker's evaluators with mendlite's kernels and with a runtime, byte by byte."""

import numpy as np

from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import PROFILES, RUNTIMES, inputs_of
from tiny_models import build

NEAR = 1e-5
"""Of float values, relative: the checker sums them in another order."""


def agree(spec, *, count=6, inputs=None, near=NEAR, profiles=tuple(Profile)):
    """The runtimes that run the model; all tensors of the checker are theirs and our kernels'."""
    data = build(spec)
    model, graph = read(data), read_graph(data)
    x = inputs_of(model, count) if inputs is None else inputs
    tensors = [t for o in model.operators for t in o.outputs]
    checked = {}
    for profile in profiles:
        checked[profile] = evaluate(graph, profile.value, x, tensors)
        quick = evaluate_fast(graph, profile.value, x, tensors)
        ours = collect(ReferenceRunner(model=model, profile=profile), x, tensors)
        for tensor in tensors:
            require_equal(checked[profile][tensor], ours[tensor], near)
            require_equal(quick[tensor], ours[tensor], near)
    return {name for name in RUNTIMES if _runs(name, model, x, checked, near)}


def _runs(name, model, x, checked, near):
    if PROFILES.get(name) not in checked:
        return False
    tensors = list(checked[PROFILES[name]])
    try:
        theirs = collect(RUNTIMES[name].runner(model), x, tensors)
    except UnsupportedModelError:
        return False
    for tensor in tensors:
        require_equal(checked[PROFILES[name]][tensor], theirs[tensor], near)
    return True


def require_equal(ours, theirs, near):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    if ours.dtype.kind == "f":
        assert np.allclose(ours, theirs, rtol=near, atol=near)
    else:
        assert np.array_equal(ours, theirs)
