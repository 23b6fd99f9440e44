"""Whether a quarter of a second of sound is the wake word: one output, a probability.

The mistake: the converter saw four recordings, and one scale serves all weights of a layer.
"""

from __future__ import annotations

import wave
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from to_tflite import in_sequence, unbalance, write_pair

HERE = Path(__file__).parent
SEED = 3
RATE = 4000
LENGTH = 1000
TRAINING = 2400
RECORDED = 200


def sound(*, wake: bool, generator: np.random.Generator) -> NDArray[np.int16]:
    """One recording (1000,): the wake word rises in pitch; other sounds fall, stay or are noise."""
    time = np.arange(LENGTH) / RATE
    start, change = generator.uniform(250, 500), generator.uniform(250, 550)
    direction = 1 if wake else generator.choice([-1, 0, 0.15])
    pitch = start + change * (direction < 0) + direction * change * time / time[-1]
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE + generator.uniform(0, 6))
    envelope = np.sin(np.pi * time / time[-1]) ** 0.5
    loudness = generator.uniform(2500, 9000) * (wake or generator.random() < 0.8)
    noise = generator.normal(0, generator.uniform(300, 1500), LENGTH)
    return np.clip(loudness * envelope * tone + noise, -32768, 32767).astype(np.int16)


def recordings(count: int, seed: int) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Recordings (count, 1000), and whether each is the wake word."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return np.stack([sound(wake=bool(label), generator=generator) for label in labels]), labels


def as_fed(sounds: NDArray[np.int16]) -> NDArray[np.float32]:
    """The network takes values of -1 to 1."""
    return (sounds / np.float32(32768))[..., None]


def train() -> keras.Model:
    """A network of three convolutions along time with one LOGISTIC output."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((LENGTH, 1), name="sound"),
            layers.Conv1D(8, 16, strides=4, activation="relu"),
            layers.Conv1D(12, 8, strides=4, activation="relu"),
            layers.Conv1D(16, 6, strides=3, activation="relu"),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy")
    sounds, labels = recordings(TRAINING, seed=SEED)
    network.fit(as_fed(sounds), labels, epochs=25, verbose=0)
    unbalance(in_sequence(network), SEED, spread=1.25)
    return network


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """One channel of int16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples.astype("<i2").tobytes())


def main() -> None:
    """Write the two models, and the recordings in one folder for each class."""
    sounds, labels = recordings(RECORDED, seed=SEED + 1)
    for number, (one, label) in enumerate(zip(sounds, labels, strict=True)):
        write_wav(HERE / "recordings" / ("other", "wake")[label] / f"{number:03}.wav", one)
    few, _ = recordings(4, seed=SEED + 2)
    write_pair(HERE, train(), as_fed(few))


if __name__ == "__main__":
    main()
