"""What ``mendlite advise`` found: which layers to keep at int8, and what that leaves.

Field names are part of the public interface (docs/SPEC.md, "The advice").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MixScore:
    """A quantized model against the float model on the validation samples.

    ``accuracy`` is null for samples without labels and for tasks that have none.
    """

    failing: int
    loss: float
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """One choice of layers with int4 weights, the others int8.

    ``int4`` are the layers' numbers, ``bytes`` is the size of the file. ``before`` is the file as
    it is quantized, ``repaired`` the same after a repair of all its layers. ``selection_loss`` is
    the mean loss of the repaired file on the selection samples, by which mixes are compared.
    """

    name: str
    int4: tuple[int, ...]
    bytes: int
    selection_loss: float
    before: MixScore
    repaired: MixScore


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAdvice:
    """One layer of the network.

    ``bits`` is what to quantize its weights to. ``saved`` are the bytes that 4 bits save, ``loss``
    is the mean loss that 4 bits in this layer alone add after its repair, ``failing`` how many
    more tests then fail; both null where that was not measured, ``remark`` has the reason.
    """

    position: int
    name: str
    op: str
    weights: int
    bits: int
    saved: int
    loss: float | None
    failing: int | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Which layers to quantize to 4 bits so that the file fits into ``flash`` bytes.

    ``chosen`` is the name of the mix to take, ``mixes`` are all that were repaired, by bytes.
    ``int8_bytes`` is the size of the int8 file; the others are that less what 4 bits save.
    ``measured`` samples measured each layer, ``samples`` validated each mix. ``float_accuracy`` is
    null as in ``MixScore``. ``recipe`` is the mix for litert-quantizer.
    """

    schema: int
    target: str
    flash: int
    chosen: str
    int8_bytes: int
    kernels: str
    seed: int
    strategy: str
    samples: int
    measured: int
    loss_name: str
    float_accuracy: float | None
    layers: tuple[LayerAdvice, ...]
    mixes: tuple[Mix, ...]
    recipe: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def mix(self) -> Mix:
        """The mix to take."""
        return next(mix for mix in self.mixes if mix.name == self.chosen)
