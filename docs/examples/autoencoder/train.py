"""Spectra of a healthy machine through a bottleneck: what comes out badly is an anomaly.

The mistake: the converter was calibrated with random noise instead of spectra.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 5
BANDS = 32
TRAINING = 3000
HEALTHY, FAULTY = 320, 80


def spectra(count: int, seed: int, *, faulty: bool = False) -> NDArray[np.float32]:
    """Spectra (count, 32): two harmonics that rise with the speed; a fault adds a third peak."""
    generator = np.random.default_rng(seed)
    band = np.arange(BANDS)
    speed = generator.uniform(5, 11, (count, 1))
    load = generator.uniform(0.5, 1.5, (count, 1))
    shape = load * np.exp(-((band - speed) ** 2) / 3) + 0.5 * np.exp(-((band - 2 * speed) ** 2) / 5)
    if faulty:
        at, size = generator.uniform(2, 30, (count, 1)), generator.uniform(0.3, 0.8, (count, 1))
        shape = shape + size * np.exp(-((band - at) ** 2))
    return (shape + generator.normal(0, 0.02, shape.shape)).astype(np.float32)


def train() -> keras.Model:
    """32 bands through four values and back."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((BANDS,), name="spectrum"),
            layers.Dense(24, activation="relu"),
            layers.Dense(4, activation="relu"),
            layers.Dense(24, activation="relu"),
            layers.Dense(BANDS),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
    healthy = spectra(TRAINING, seed=SEED)
    network.fit(healthy, healthy, epochs=40, verbose=0)
    unbalance(in_sequence(network), SEED, spread=1.0)
    return network


def main() -> None:
    """Write the two models, the spectra, and which of them are of a faulty machine."""
    healthy = spectra(HEALTHY, seed=SEED + 1)
    faulty = spectra(FAULTY, seed=SEED + 2, faulty=True)
    order = np.random.default_rng(SEED).permutation(HEALTHY + FAULTY)
    np.save(HERE / "spectra.npy", np.concatenate([healthy, faulty])[order])
    np.save(HERE / "faulty.npy", (order >= HEALTHY).astype(np.uint8))
    noise = np.random.default_rng(SEED).uniform(-2, 2, (50, BANDS)).astype(np.float32)
    write_pair(HERE, train(), noise)


if __name__ == "__main__":
    main()
