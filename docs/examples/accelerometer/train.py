"""Which activity 32 readings of a three-axis accelerometer show: a classifier of windows.

The mistake: the converter was calibrated with random noise instead of recordings.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 2
WINDOW = 32
RATE = 25.0
"""Readings a second."""
ACTIVITIES = ("running", "stairs", "still", "walking")
"""In the order of their names, as the labels of a table are counted."""
STEPS = {"still": 0.0, "walking": 1.8, "running": 2.8, "stairs": 1.4}
"""Steps a second."""
SWING = {"still": 0.02, "walking": 0.35, "running": 1.1, "stairs": 0.4}
"""How far they move the sensor, in g."""
TRAINING = 1600
RECORDED = 320


def window(activity: str, generator: np.random.Generator) -> NDArray[np.float32]:
    """One window (32, 3) in g: gravity on the last axis, steps on all of them."""
    time = np.arange(WINDOW) / RATE
    phase = 2 * np.pi * (STEPS[activity] * generator.uniform(0.9, 1.1) * time + generator.random())
    swing = SWING[activity] * generator.uniform(0.7, 1.3)
    forward = 0.6 * swing * np.sin(phase / 2)
    sideways = 0.3 * swing * np.sin(phase / 2 + 0.8)
    lift = 0.5 * swing * (activity == "stairs") * np.cos(2 * phase)
    upward = 1 + swing * np.sin(phase) + lift
    clean = np.stack([forward, sideways, upward], axis=1)
    return (clean + generator.normal(0, 0.05, clean.shape)).astype(np.float32)


def windows(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Windows (count, 32, 3) and their activities."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(count) % len(ACTIVITIES))
    return np.stack([window(ACTIVITIES[label], generator) for label in labels]), labels


def train() -> keras.Model:
    """A network of two convolutions along time."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((WINDOW, 3), name="acceleration"),
            layers.Conv1D(8, 5, strides=2, padding="same", activation="relu"),
            layers.Conv1D(12, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(len(ACTIVITIES), activation="softmax"),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy")
    network.fit(*windows(TRAINING, seed=SEED), epochs=20, verbose=0)
    unbalance(in_sequence(network), SEED, spread=1.25)
    return network


def write_csv(path: Path) -> None:
    """One window a row: 32 times x, y and z, and the activity in the last column."""
    readings, labels = windows(RECORDED, seed=SEED + 1)
    rows = [",".join([*(f"{axis}{n}" for n in range(WINDOW) for axis in "xyz"), "activity"])]
    for one, label in zip(readings, labels, strict=True):
        rows.append(",".join([*(f"{value:.3f}" for value in one.ravel()), ACTIVITIES[label]]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Write the two models and the recording."""
    write_csv(HERE / "activities.csv")
    noise = np.random.default_rng(SEED).uniform(-4, 4, (50, WINDOW, 3)).astype(np.float32)
    write_pair(HERE, train(), noise, per_channel=True)


if __name__ == "__main__":
    main()
