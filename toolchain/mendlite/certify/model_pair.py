"""The two networks that a certificate is about, and how single inputs are replayed on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.concrete import output_error, outputs
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.network import InputBox, Network
from mendlite.certify.bounds.pair import NetworkPair, make_pair
from mendlite.certify.bounds.property import Property
from mendlite.certify.lowering.lower import input_tensor, lower
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.logits import logits_tensor, real_values

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Outputs of both networks at n inputs, f64[n, N]; ``error`` bounds that of ``first``.

    ``kernels_first`` are the first network's outputs on its own kernels (float32 ones round).
    """

    first: Floats
    error: Floats
    kernels_first: Floats
    second: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPair:
    """A first network (the float one, or the int8 file before a patch) and a second one (int8)."""

    first: Model
    second: Model
    profile: Profile
    networks: NetworkPair

    @staticmethod
    def of(first: Model, second: Model, profile: Profile) -> ModelPair:
        """Both lowered; raises UnsupportedModelError naming what is not verified."""
        networks = lower(first, profile), lower(second, profile)
        if input_tensor(second).dtype is not DType.INT8:
            raise UnsupportedModelError("the second network's input is not int8")
        try:
            pair = make_pair(*networks)
        except ValueError as error:
            raise UnsupportedModelError(
                f"the two graphs have different operators ({error}): they cannot be compared"
            ) from error
        return ModelPair(first=first, second=second, profile=profile, networks=pair)

    def box(self, low: Ints, high: Ints) -> InputBox:
        """A box of stored inputs, i64[K] each, in the input's own quantization."""
        tensor = input_tensor(self.second)
        quant = tensor.quantization()
        return InputBox(
            low=low.reshape(-1).astype(np.int64), high=high.reshape(-1).astype(np.int64),
            scale=float(quant.scale[0]), zero_point=int(quant.zero_point[0]),
        )  # fmt: skip

    def replay(self, box: InputBox, x: Ints) -> Replay:
        """Both networks at the stored inputs x [n, K], on the kernels; float in float64, too."""
        second = self._kernels(self.second, self.networks.second, box, x)
        kernels_first = self._kernels(self.first, self.networks.first, box, x)
        if self.networks.first.nodes[-1].step is not None:
            return Replay(
                first=kernels_first, error=np.zeros_like(second), kernels_first=kernels_first,
                second=second,
            )  # fmt: skip
        real = box.values(x)
        return Replay(
            first=outputs(self.networks.first, real),
            error=output_error(self.networks.first, real),
            kernels_first=kernels_first,
            second=second,
        )

    def kernels(self, box: InputBox, x: Ints) -> tuple[Floats, Floats]:
        """Outputs of both networks at stored inputs, on their kernels alone, f64[n, N] each."""
        first = self._kernels(self.first, self.networks.first, box, x)
        return first, self._kernels(self.second, self.networks.second, box, x)

    def breaks(self, box: InputBox, wanted: Property, x: Ints) -> bool:
        """Whether one stored input [K] violates a property, on the kernels and in float64."""
        replay = self.replay(box, x[None])
        exact = wanted.violated(replay.first, replay.error, replay.second)
        kernels = wanted.violated(replay.kernels_first, replay.error, replay.second)
        return bool(exact[0] and kernels[0])

    def _kernels(self, model: Model, network: Network, box: InputBox, x: Ints) -> Floats:
        source, end = model.tensors[model.inputs[0]], logits_tensor(model)
        given = box.values(x) if source.dtype is DType.FLOAT32 else x
        storage = source.dtype.numpy
        fed = given.astype(storage).reshape(-1, *source.shape[1:])
        runner = ReferenceRunner(model=model, profile=self.profile, workers=1)
        stored = collect(runner, [fed], [end])[end]
        return real_values(model, end, stored).reshape(len(x), network.outputs)
