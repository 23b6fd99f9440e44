"""Train Conv3- and Conv5-like networks on the CIFAR-10 subset and quantize them, for bench-paper.

Usage: tools/make_paper_networks.sh (needs MENDLITE_DATA; TensorFlow goes into build/tf/). Writes
float.tflite, int8.tflite and target.toml under build/paper/<network>/. Quantized with one scale
for all of a layer's weights, as QNNRepair's own networks were.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from to_tflite import convert

SEED = 3
EPOCHS = 24
CALIBRATION = 100
OUT = Path("build") / "paper"

TARGET = """\
name = "{name}"
description = "{what}, trained on the CIFAR-10 subset for make bench-paper"
root = "data"

[models.float]
file = "{folder}/float.tflite"

[models.int8]
file = "{folder}/int8.tflite"

[data.test]
file = "cifar10/test.npz"
inputs = ["images"]
labels = "labels"

[data.train]
file = "cifar10/train_subset.npz"
inputs = ["images"]
labels = "labels"

[samples]
repair = {{ from = "train", count = 1000 }}
selection = {{ from = "train", count = 2000 }}
validation = {{ from = "test" }}

[[inputs]]
multiply = 0.00392156862745098
"""


def build(name: str) -> Any:
    """Conv3: three convolutions and two dense layers; Conv5: five and three."""
    import keras

    layers = keras.layers

    def conv(width: int) -> Any:
        return layers.Conv2D(width, 3, padding="same", activation="relu")

    stages = {"conv3": [[32], [64], [64]], "conv5": [[32, 32], [64, 64], [64]]}[name]
    dense = {"conv3": [128], "conv5": [128, 128]}[name]
    body = [keras.Input((32, 32, 3))]
    for stage in stages:
        body += [*(conv(width) for width in stage), layers.MaxPooling2D(2)]
    body += [layers.Flatten(), layers.Dropout(0.3)]
    body += [layers.Dense(width, activation="relu") for width in dense]
    return keras.Sequential([*body, layers.Dense(10, activation="softmax")])


def train(name: str, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Any:
    """Train on all images and their mirror images, with values 0 to 1."""
    import keras

    keras.utils.set_random_seed(SEED)
    network = build(name)
    network.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    both = np.concatenate([images, images[:, :, ::-1]]).astype(np.float32) / 255
    network.fit(both, np.tile(labels, 2), batch_size=64, epochs=EPOCHS, verbose=0)
    return network


def main() -> None:
    """Make what is not there yet."""
    data = Path(os.environ["MENDLITE_DATA"]) / "cifar10" / "train_subset.npz"
    with np.load(data) as file:
        images, labels = file["images"], file["labels"]
    for name, what in (("conv3", "Three convolutions"), ("conv5", "Five convolutions")):
        folder = OUT / name
        if (folder / "target.toml").is_file():
            continue
        plain, quantized = convert(
            train(name, images, labels), images[:CALIBRATION].astype(np.float32) / 255
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "float.tflite").write_bytes(plain)
        (folder / "int8.tflite").write_bytes(quantized)
        text = TARGET.format(name=name, what=what, folder=folder.absolute())
        (folder / "target.toml").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{folder}: {len(quantized)} bytes\n")


if __name__ == "__main__":
    main()
