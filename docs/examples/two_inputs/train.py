"""How near something is, from the pictures of a left and a right camera: two inputs of one size.

The mistake: all pictures that the converter saw were of one class.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 7
SIDE = 12
CLASSES = ("far", "middle", "near")
TRAINING = 3000
TAKEN = 360


def pair(near: int, generator: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Left and right picture (12, 12): the nearer, the more the right one is shifted."""
    wide = generator.uniform(30, 90, (SIDE, SIDE + 2 * len(CLASSES)))
    row, column = generator.integers(2, SIDE - 5), generator.integers(5, SIDE - 2)
    wide[row : row + 4, column : column + 3] += generator.uniform(70, 130)
    views = (wide[:, 2:], wide[:, 2 + 2 * near :])
    noisy = (view[:, :SIDE] + generator.normal(0, 25, (SIDE, SIDE)) for view in views)
    return [np.clip(view, 0, 255).astype(np.uint8)[..., None] for view in noisy]


def pairs(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    """Left and right pictures (count, 12, 12, 1), and their classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    left, right = zip(*(pair(int(label), generator) for label in labels), strict=True)
    return np.stack(left), np.stack(right), labels


def as_fed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The network takes values of 0 to 1."""
    return images / np.float32(255)


def train() -> keras.Model:
    """One convolution for each camera, then both together."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    cameras = [keras.Input((SIDE, SIDE, 1), name=name) for name in ("left", "right")]
    seen = [layers.Conv2D(6, 3, padding="same", activation="relu")(one) for one in cameras]
    value = layers.Concatenate()(seen)
    value = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(value)
    value = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(value)
    value = layers.Dense(16, activation="relu")(layers.Flatten()(value))
    network = keras.Model(cameras, layers.Dense(len(CLASSES), activation="softmax")(value))
    network.compile(optimizer=keras.optimizers.Adam(2e-3), loss="sparse_categorical_crossentropy")
    left, right, labels = pairs(TRAINING, seed=SEED)
    network.fit([as_fed(left), as_fed(right)], labels, epochs=20, verbose=0)
    # Behind the two cameras, whose outputs are concatenated.
    unbalance(in_sequence(network)[2:], SEED, spread=1.5)
    return network


def main() -> None:
    """Write the two models and the pairs of pictures."""
    left, right, labels = pairs(TAKEN, seed=SEED + 1)
    np.savez_compressed(HERE / "pairs.npz", left=left, right=right, labels=labels)
    left, right, labels = pairs(60, seed=SEED + 2)
    far = labels == 0
    write_pair(HERE, train(), as_fed(left[far]), as_fed(right[far]))


if __name__ == "__main__":
    main()
