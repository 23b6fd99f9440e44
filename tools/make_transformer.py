"""Make a small character GPT: float, static int8, and int8 as LiteRT deploys language models.

Trained in a minute or two on the help texts that come with Python (``pydoc_data.topics``), in
lower case: T characters in, at each position the logits of the next one out. Needs TensorFlow, in
an environment of its own (tools/make_transformer.sh makes it, and the int4 file as well).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from to_tflite import convert

SEED = 4
VOCABULARY = " abcdefghijklmnopqrstuvwxyz.,'()"
CONTEXT, WIDTH, HEADS, INNER, BLOCKS = 32, 32, 4, 64, 2
STEPS, BATCH, RATE = 3000, 64, 3e-3
MASKED = -20.0
"""Added to the attention scores of later positions: far below any score, near enough for int8."""

SAMPLES = 900
"""Sequences of CONTEXT + 1 characters that no training step saw."""
CALIBRATION = 60
"""Sequences that the converter sees."""

TARGET = """\
name = "{name}"
description = "A character GPT of {blocks} blocks, {words}"

[task]
kind = "next-token"

[models.float]
file = "float.tflite"

[models.int8]
file = "{name}.tflite"

[data.text]
file = "text.npz"
inputs = ["tokens"]
labels = "next"

[samples]
repair = {{ from = "text", count = 400 }}
selection = {{ from = "text", count = 100 }}
validation = {{ from = "text" }}
"""


def read_text() -> NDArray[np.int32]:
    """Python's help topics as token ids i32[n]; characters outside of VOCABULARY are spaces."""
    from pydoc_data.topics import topics

    text = " ".join(topics[key] for key in sorted(topics)).lower()
    text = re.sub(r" +", " ", "".join(c if c in VOCABULARY else " " for c in text))
    return np.array([VOCABULARY.index(c) for c in text], np.int32)


def windows(tokens: NDArray[np.int32], begins: NDArray[np.int64]) -> NDArray[np.int32]:
    """The sequences i32[n, CONTEXT + 1] that begin there."""
    return tokens[begins[:, None] + np.arange(CONTEXT + 1)]


def build(batch: int | None) -> Any:
    """The network: logits f32[batch, CONTEXT, vocabulary] of ids i32[batch, CONTEXT]."""
    import keras

    layers = keras.layers
    ids = keras.Input((CONTEXT,), batch_size=batch, dtype="int32")
    x = layers.Embedding(len(VOCABULARY), WIDTH)(ids)
    x = Positions()(x)
    for _ in range(BLOCKS):
        x = x + attention(layers.LayerNormalization(epsilon=1e-5)(x))
        inner = layers.Dense(INNER, activation="relu")(layers.LayerNormalization(epsilon=1e-5)(x))
        x = x + layers.Dense(WIDTH)(inner)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return keras.Model(ids, layers.Dense(len(VOCABULARY))(x))


def attention(x: Any) -> Any:
    """Causal self-attention of HEADS heads."""
    import keras

    ops, layers = keras.ops, keras.layers
    size = WIDTH // HEADS

    def heads(values: Any) -> Any:
        return ops.transpose(ops.reshape(values, (-1, CONTEXT, HEADS, size)), (0, 2, 1, 3))

    query, key, value = (heads(layers.Dense(WIDTH)(x)) for _ in range(3))
    scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * np.float32(size**-0.5)
    later = np.triu(np.ones((CONTEXT, CONTEXT), np.float32), 1) * np.float32(MASKED)
    mixed = ops.matmul(ops.softmax(scores + later), value)
    joined = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (-1, CONTEXT, WIDTH))
    return layers.Dense(WIDTH)(joined)


def Positions() -> Any:  # noqa: N802 - a layer, made where keras is imported
    """The layer that adds a learned vector for each position."""
    import keras

    class Layer(keras.layers.Layer):  # type: ignore[misc]
        def build(self, _: Any) -> None:
            self.table = self.add_weight(shape=(CONTEXT, WIDTH), initializer="random_normal")

        def call(self, x: Any) -> Any:
            return x + self.table

    return Layer()


def train(tokens: NDArray[np.int32]) -> Any:
    """Train on random windows."""
    import keras

    keras.utils.set_random_seed(SEED)
    network = build(None)
    network.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, STEPS)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    generator = np.random.default_rng(SEED)
    begins = generator.integers(0, len(tokens) - CONTEXT - 1, STEPS * BATCH)
    seen = windows(tokens, begins)
    network.fit(seen[:, :-1], seen[:, 1:], batch_size=BATCH, epochs=1, verbose=0, shuffle=False)
    return network


def dynamic(network: Any) -> bytes:
    """The file with int8 weights, a scale a channel, and float activations."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    found: bytes = converter.convert()
    return found


def main(folder: Path) -> None:
    """Write the models, text.npz and a target for each quantized one into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = read_text()
    held = len(tokens) // 10
    network = train(tokens[:-held])
    single = build(1)
    single.set_weights(network.get_weights())
    drawn = np.random.default_rng(SEED).permutation(held // (CONTEXT + 1))[:SAMPLES]
    kept = windows(tokens[-held:], drawn.astype(np.int64) * (CONTEXT + 1))
    calibration = windows(tokens, np.arange(CALIBRATION, dtype=np.int64) * 997)[:, :-1]
    plain, static = convert(single, calibration, per_channel=True)
    files = {"float": plain, "static": static, "dynamic": dynamic(single)}
    for name, data in files.items():
        (folder / f"{name}.tflite").write_bytes(data)
    words = {
        "static": "int8 activations, layer norms in parts",
        "dynamic": "int8 weights, float activations",
        "int4": "int4 weights, float activations",
    }
    for name, described in words.items():
        text = TARGET.format(name=name, words=described, blocks=BLOCKS)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    np.savez_compressed(
        folder / "text.npz", tokens=kept[:, :-1].astype(np.uint8), next=kept[:, 1:].astype(np.uint8)
    )
    for path in sorted(folder.glob("*.[tn]*")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
