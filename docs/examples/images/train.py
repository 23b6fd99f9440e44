"""Four shapes in small grey pictures: a classifier that is fed pixels of 0 to 1.

The mistake: the converter saw four pictures, and one scale serves all weights of a layer.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 1
SIDE = 16
CLASSES = ("circle", "cross", "square", "triangle")
TRAINING = 2000
PICTURES = 240
"""Pictures that are written for the repair; the network has not seen them."""


def draw(kind: str, generator: np.random.Generator) -> NDArray[np.uint8]:
    """One picture (16, 16): a bright shape, a dark ground, noise."""
    row, column = generator.uniform(5.5, 9.5, 2)
    size = generator.uniform(3.5, 5.5)
    y, x = np.mgrid[:SIDE, :SIDE]
    y, x = (y - row) / size, (x - column) / size
    inside = {
        "circle": x**2 + y**2 < 1,
        "cross": (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 1),
        "square": np.maximum(abs(x), abs(y)) < 0.85,
        "triangle": (abs(x) < (y + 1) / 2) & (y < 0.9),
    }[kind]
    ground, light = generator.uniform(20, 90), generator.uniform(60, 150)
    noisy = ground + light * inside + generator.normal(0, 22, (SIDE, SIDE))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def pictures(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (count, 16, 16) and their classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    return np.stack([draw(CLASSES[label], generator) for label in labels]), labels


def train() -> keras.Model:
    """A network of two convolutions, one of them depthwise."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1), name="picture"),
            layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(12, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(len(CLASSES), activation="softmax"),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy")
    images, labels = pictures(TRAINING, seed=SEED)
    network.fit(images[..., None] / np.float32(255), labels, epochs=12, verbose=0)
    unbalance(in_sequence(network), SEED, spread=1.5)
    return network


def main() -> None:
    """Write the two models, and the pictures in one folder for each class."""
    images, labels = pictures(PICTURES, seed=SEED + 1)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = HERE / "photos" / CLASSES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    calibration, _ = pictures(4, seed=SEED + 2)
    write_pair(HERE, train(), calibration[..., None] / np.float32(255))


if __name__ == "__main__":
    main()
