"""How much carbon monoxide six gas sensors have met: one value without a limit.

The mistake: the converter saw three rows, and one scale serves all weights of a layer.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 4
SENSORS = 6
TRAINING = 3000
MEASURED = 400


def measurements(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Sensor voltages (count, 6), and the concentration (count,) in ppm."""
    generator = np.random.default_rng(seed)
    gas = generator.uniform(0, 1, count)
    warmth = generator.uniform(0, 1, count)
    gain = np.linspace(0.3, 3.0, SENSORS)
    voltage = np.tanh(gain * gas[:, None]) * (1 - 0.3 * warmth[:, None]) + 0.2 * warmth[:, None]
    voltage += generator.normal(0, 0.01, voltage.shape)
    return voltage.astype(np.float32), (100 * gas).astype(np.float32)


def train() -> keras.Model:
    """Three dense layers."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((SENSORS,), name="voltages"),
            layers.Dense(24, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
    network.fit(*measurements(TRAINING, seed=SEED), epochs=30, verbose=0)
    unbalance(in_sequence(network), SEED, spread=1.0)
    return network


def write_csv(path: Path) -> None:
    """A column for each sensor and one for the concentration."""
    voltages, ppm = measurements(MEASURED, seed=SEED + 1)
    rows = [",".join([*(f"sensor{n}" for n in range(1, SENSORS + 1)), "ppm"])]
    for row, value in zip(voltages, ppm, strict=True):
        rows.append(",".join([*(f"{v:.4f}" for v in row), f"{value:.2f}"]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Write the two models and the table."""
    write_csv(HERE / "measurements.csv")
    voltages, ppm = measurements(200, seed=SEED + 2)
    order = np.argsort(ppm)
    write_pair(HERE, train(), voltages[order[[0, 100, -1]]])


if __name__ == "__main__":
    main()
