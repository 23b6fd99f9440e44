"""Bright boxes in small pictures: a detector with a box and a score for each of 16 cells.

The mistake: one scale serves all weights of a layer, and the converter saw four pictures.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import keras
import numpy as np
from camera import CELLS, SIDE, representative_dataset, scenes

from to_tflite import unbalance, write_pair

HERE = Path(__file__).parent
SEED = 6
TRAINING = 4000


def build() -> keras.Model:
    """Two convolutions, and two heads on the grid of cells."""
    layers = keras.layers
    picture = keras.Input((SIDE, SIDE, 1), name="picture")
    value = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(picture)
    value = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(value)
    value = layers.Conv2D(16, 3, padding="same", activation="relu")(value)
    boxes = layers.Conv2D(4, 3, padding="same")(value)
    scores = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(value)
    return keras.Model(
        picture,
        [
            layers.Reshape((CELLS * CELLS, 4), name="boxes")(boxes),
            layers.Reshape((CELLS * CELLS, 1), name="scores")(scores),
        ],
    )


def train() -> keras.Model:
    """The network, trained; boxes count where there is something."""
    keras.utils.set_random_seed(SEED)
    network = build()
    pictures, boxes, scores = scenes(TRAINING, seed=SEED)
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss=["mse", "binary_crossentropy"])
    there = scores[..., 0]
    everywhere = np.ones_like(there)
    network.fit(
        pictures,
        [boxes, scores],
        sample_weight=[20 * there, everywhere],
        epochs=20,
        verbose=0,
    )
    first, second, third, *_ = (layer for layer in network.layers if layer.get_weights())
    unbalance([(first, second), (second, third)], SEED, spread=1.0)
    return network


def main() -> None:
    """Write the two models; the pictures come from camera.py."""
    calibration = [picture[0] for (picture,) in islice(representative_dataset(), 4)]
    write_pair(HERE, train(), np.stack(calibration))


if __name__ == "__main__":
    main()
