"""Convert a float .tflite file to ONNX with tf2onnx: python -m peers.to_onnx FLOAT OUT.

A SOFTMAX at its end is left out: rounded to 8 bits, as some peers do, probabilities do not show
which logit is larger.
"""

from __future__ import annotations

import sys
from typing import Any

import onnx
import tf2onnx

OPSET = 17


def without_softmax(model: Any) -> Any:
    """The model with its logits as outputs."""
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "Softmax"]:
        for output in graph.output:
            if output.name == node.output[0]:
                output.name = node.input[0]
                graph.node.remove(node)
    return model


def main() -> None:
    """Write the ONNX file."""
    source, out = sys.argv[1:]
    model, _ = tf2onnx.convert.from_tflite(source, opset=OPSET)
    onnx.save(without_softmax(model), out)


if __name__ == "__main__":
    main()
