"""A small SVDF classifier of recordings, quantized badly, as a target."""

import numpy as np

from mendlite.targets.open import CaseOptions, load_case
from small_targets import head
from svdf_models import hybrid_spec, svdf_spec
from tiny_models import build, float_twin

FRAMES, RECORDINGS = 9, 140
FORM = {
    "inputs": 8, "units": 10, "memory": 5, "classes": 4, "state_scale": 0.001, "out_scale": 0.06,
    "logit_scale": 0.15,
}  # fmt: skip


def badly_quantized(spec, seed=1):
    """Feature weights, time weights and biases off by steps of a grid that is too coarse."""
    rng = np.random.default_rng(seed)
    for tensor in spec.tensors:
        kind = tensor.name.rstrip("0123456789")
        if kind in {"feature", "time"}:
            most = np.iinfo(tensor.data.dtype).max
            step = round(0.035 * most)
            moved = np.rint(tensor.data / step) * step + rng.integers(-1, 2, tensor.data.shape)
            tensor.data = np.clip(moved, -most, most).astype(tensor.data.dtype)
        elif kind == "bias":
            tensor.data = (tensor.data * 0.2).astype("<i4")
    return spec


def write_hybrid_case(folder, form):
    """The same classifier with int8 weights between float32 values."""
    base = {"state": "INT8", **FORM, **form}
    return _written(folder, base, hybrid_spec(badly_quantized(svdf_spec(2, **base))))


def write_case(folder, form):
    base = {**FORM, **form}
    return _written(folder, base, badly_quantized(svdf_spec(2, **base)))


def _written(folder, base, quantized):
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1.2, (RECORDINGS, FRAMES, base["inputs"])).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    (folder / "float.tflite").write_bytes(build(float_twin(svdf_spec(2, **base))))
    (folder / "int8.tflite").write_bytes(build(quantized))
    table = head("count = 60", "count = 20") + '[task]\nkind = "classification"\n'
    (folder / "target.toml").write_text(table, encoding="utf-8")
    return load_case(str(folder / "target.toml"), CaseOptions())
