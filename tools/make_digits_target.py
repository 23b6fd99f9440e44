"""Make the embedded default target: train a small network on scikit-learn's digits and quantize it.

Quantized the way people do who get it wrong: one scale for all of a layer's weights, and a
handful of calibration images. Needs TensorFlow, in an environment of its own
(tools/make_digits_target.sh makes it). The same versions give the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from to_tflite import convert, unbalance

SEED = 8
TRAINING = 500
"""Images that the network is trained on; the others are for repair and validation."""
CALIBRATION = 4
"""Images that the converter sees."""
EPOCHS = 40
SPREAD = 1.25
"""Standard deviation of the logarithm of each channel's range: as uneven as the folded batch
norms of depthwise networks are."""


def load_images() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """All 1,797 digits, shuffled: images (n, 8, 8, 1) with grey levels 0 to 16, and labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.target))
    images = digits.images.astype(np.uint8)[order][..., None]
    return images, digits.target.astype(np.uint8)[order]


def build_network() -> Any:
    """Conv, depthwise, pointwise, pooling and two dense layers; batch norms fold away."""
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(16, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(24, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Any:
    """Train on the first images, with grey levels 0 to 1."""
    import keras

    keras.utils.set_random_seed(SEED)
    network = build_network()
    network.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    network.fit(
        images[:TRAINING].astype(np.float32) / 16,
        labels[:TRAINING],
        batch_size=32,
        epochs=EPOCHS,
        verbose=0,
    )
    return network


def norms_and_next(network: Any) -> list[tuple[Any, Any]]:
    """Each batch norm with the next layer that has weights."""
    layers = network.layers
    norms = [i for i, layer in enumerate(layers) if type(layer).__name__ == "BatchNormalization"]
    return [(layers[i], next(x for x in layers[i + 1 :] if x.get_weights())) for i in norms]


def main(folder: Path) -> None:
    """Write float.tflite, int8.tflite and digits.npz into ``folder``."""
    images, labels = load_images()
    network = train(images, labels)
    unbalance(norms_and_next(network), SEED, SPREAD)
    plain, quantized = convert(network, images[:CALIBRATION].astype(np.float32) / 16)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "float.tflite").write_bytes(plain)
    (folder / "int8.tflite").write_bytes(quantized)
    np.savez_compressed(folder / "digits.npz", images=images, labels=labels)
    for path in sorted(folder.glob("*.[tn]*")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
