"""What ``mendlite analyze`` found: the values behind its tables and its JSON.

Field names are part of the public interface (docs/SPEC.md, "The analysis").
"""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis
from mendlite.model.report import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorCost:
    """What rounding one activation alone costs.

    ``op`` is the operator that writes it ("input": none). ``fixed`` states why its parameters must
    stay, so that editing cannot recover the cost; empty where they may change.
    """

    tensor: int
    name: str
    op: str
    cost: Cost
    fixed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPairing:
    """How one layer's weights compare with the float model's (docs/SPEC.md, "Pairing")."""

    position: int
    name: str
    match: str
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TopNeurons:
    """The most suspicious neurons of a layer by one metric; a null score is infinite."""

    metric: str
    neurons: tuple[int, ...]
    scores: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAnalysis:
    """One layer.

    ``sqnr_db`` compares the quantized model's output of the layer with the float model's, null
    where there is no noise or no signal. ``weights`` is the cost of this layer's int8 weights
    and bias alone in the float model, ``activations`` that of rounding its output alone (null
    for a layer with float weights or float output).
    """

    position: int
    name: str
    op: str
    channels: int
    dead_channels: int
    sqnr_db: float | None
    weights: Cost | None
    activations: Cost | None
    ranking: tuple[TopNeurons, ...]
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The whole model on ``samples`` repair samples.

    ``quantized`` is the int8 model as it is; ``weights`` all layers' int8 weights in the float
    model; ``activations`` all activations rounded that may be rescaled; ``fixed`` all those that
    must keep their parameters (inputs, outputs), which cannot be recovered by editing; ``input``
    the inputs alone. ``tensors`` has each activation alone, ``verdict`` and ``pairing`` whether the
    float file belongs to the int8 file. ``diagnosis`` has the findings, worst first.
    ``unreachable`` cannot be recovered by editing, where that is most of the loss.
    """

    schema: int
    target: str
    kernels: str
    seed: int
    samples: int
    loss_name: str
    quantized: Cost
    weights: Cost
    activations: Cost
    fixed: Cost
    input: Cost
    verdict: str
    pairing: tuple[LayerPairing, ...]
    tensors: tuple[TensorCost, ...]
    diagnosis: tuple[Diagnosis, ...]
    unreachable: Unreachable | None
    layers: tuple[LayerAnalysis, ...]
    seconds: float
