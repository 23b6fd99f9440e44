"""Node data for Model Explorer: noise, cost and changed bytes of each layer, over the graph.

A file holds one value in the form of ``GraphNodeData`` of the package ai-edge-model-explorer:
results by the name of the tensor that a node writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from mendlite.model.report_details import LayerDetails, ReportDetails

BAD_LOW = [{"stop": 0, "bgColor": "#d1495b"}, {"stop": 1, "bgColor": "#ffffff"}]
BAD_HIGH = [{"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#d1495b"}]

Value = Callable[[LayerDetails], float | None]

VALUES: Mapping[str, tuple[str, Value, Any]] = {
    "sqnr-before": ("SQNR dB, int8", lambda x: x.sqnr_before, BAD_LOW),
    "sqnr-after": ("SQNR dB, repaired", lambda x: x.sqnr_after, BAD_LOW),
    "cost": ("cost of the int8 weights, LOSS", lambda x: x.cost, BAD_HIGH),
    "bytes": ("bytes changed", lambda x: x.bytes_changed, BAD_HIGH),
}
"""By the end of the file's name: what Model Explorer calls it, the value, and its colours."""


def node_data(details: ReportDetails, loss_name: str) -> dict[str, bytes]:
    """JSON by file name, to load over the int8 or the repaired file ("Upload node data").

    A value that no layer has gets no file.
    """
    files: dict[str, bytes] = {}
    for end, (name, value, gradient) in VALUES.items():
        results = _results(details.layers, value)
        if results:
            named = {"name": name.replace("LOSS", loss_name), "results": results}
            text = msgspec.json.encode(named | {"gradient": gradient})
            files[f"model-explorer-{end}.json"] = msgspec.json.format(text, indent=1) + b"\n"
    return files


def _results(layers: Sequence[LayerDetails], value: Value) -> dict[str, dict[str, float]]:
    return {layer.name: {"value": shown} for layer in layers if (shown := value(layer)) is not None}
