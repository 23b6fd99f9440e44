"""A badly calibrated copy of an int8 target: ranges too wide, weights on too coarse steps.

    python tools/make_badly_calibrated.py mnist_lstm build/lstm_wide

All activation ranges that are no input or output of the graph become so many times wider, as if
outliers had been among the samples of the calibration; the weights of all layers, LSTM gates and
SVDFs are rounded to steps so many times larger, as if one outlier had set their scale. Biases
follow into their new units. MENDLITE_DATA is the folder of the public models and samples. The
written folder holds the target: its models, its samples and target.toml.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.model.recurrent import integer_lstms
from mendlite.model.svdf import integer_svdfs
from mendlite.tflite.edits import data_edit, field_edit
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups

TARGETS = Path(__file__).parent.parent / "targets" / "models"
FILE = re.compile(r'^file = "(.*)"$', re.MULTILINE)


def main() -> None:
    """Make the target that the arguments describe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", help="a folder of targets/models with an int8 file")
    parser.add_argument("out", type=Path)
    parser.add_argument("--wider", type=float, default=6.0, help="factor of the ranges, 1 or more")
    parser.add_argument("--coarser", type=float, default=16.0, help="factor of the weights' steps")
    given = parser.parse_args()
    if min(given.wider, given.coarser) < 1:
        sys.exit("--wider and --coarser are factors of 1 or more")
    text = (TARGETS / given.target / "target.toml").read_text(encoding="utf-8")
    given.out.mkdir(parents=True, exist_ok=True)
    data = Path(os.environ["MENDLITE_DATA"])
    for name in FILE.findall(text):
        (given.out / Path(name).name).write_bytes((data / name).read_bytes())
    place = re.search(r'\[models.int8\]\nfile = "(.*)"\nsha256 = "(.*)"', text)
    if place is None:
        sys.exit(f"{given.target}: its target.toml names no int8 file with a digest")
    file = given.out / Path(place[1]).name
    model = widened(coarsened(read(file.read_bytes()), given.coarser), given.wider)
    file.write_bytes(model.data)
    text = text.replace(place[2], sha256(model.data).hexdigest()).replace(
        'root = "data"', 'root = "here"'
    )
    text = FILE.sub(lambda found: f'file = "{Path(found[1]).name}"', text)
    (given.out / "target.toml").write_text(text, encoding="utf-8")
    print(f"wrote {given.out / 'target.toml'}")


def widened(model: Model, factor: float) -> Model:
    """The model with every range that may change ``factor`` times wider."""
    for group in scale_groups(model):
        if group.frozen is None:
            tensor = model.tensors[group.tensors[0]]
            zero = round(tensor.zero_point / factor)
            model = patched(model, rescale_edits(model, group, tensor.scale * factor, zero))
    return model


def coarsened(model: Model, factor: float) -> Model:
    """The model with weights on steps ``factor`` times larger, their biases in the new units."""
    pairs: dict[int, int | None] = {layer.weights: layer.bias for layer in model.layers}
    for lstm in integer_lstms(model):
        pairs |= dict(zip(lstm.weights, lstm.biases, strict=True))
        pairs |= dict.fromkeys(lstm.recurrent)
    for svdf in integer_svdfs(model):
        pairs |= {svdf.features: None, svdf.time: svdf.bias}
    edits: list[TensorEdit | None] = []
    for weights, bias in pairs.items():
        for tensor in (weights, bias):
            edits += [] if tensor is None else _coarse(model, tensor, factor)
    return patched(model, [edit for edit in edits if edit is not None])


def _coarse(model: Model, tensor: int, factor: float) -> list[TensorEdit | None]:
    constant = model.tensors[tensor].constant()
    steps: NDArray[np.float64] = np.rint(constant.astype(np.float64) / factor)
    scale = model.tensors[tensor].quantization().scale * factor
    return [
        data_edit(model, tensor, steps.astype(constant.dtype)),
        field_edit(model, tensor, Field.SCALE, scale.astype(np.float32)),
    ]


if __name__ == "__main__":
    main()
