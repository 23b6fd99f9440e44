"""Statistics of the samples: each is collected once for all moves, and kept.

A move declares which it reads (``Move.statistics``); what it did not declare is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, unique
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.localization import Localized, localize
from mendlite.analysis.noise_budget import NoiseBudget, noise_budget
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, teacher_outputs
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Model
from mendlite.model.interface import MayEdit
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.repair.layers.calibration import Calibration, calibrate
from mendlite.repair.layers.channel_clipping import clipped_ranges, measure_clipping
from mendlite.repair.layers.channel_extremes import ChannelExtremes, measure_channels
from mendlite.repair.layers.equalization_groups import EqualizationGroup
from mendlite.repair.layers.float_targets import KeptTargets, LayerTarget
from mendlite.repair.layers.layer_costs import layer_costs
from mendlite.repair.layers.range_errors import RangeErrors
from mendlite.repair.layers.range_slopes import measured_errors
from mendlite.repair.layers.rescaled_replay import RescaledReplay
from mendlite.repair.layers.residual_target import ResidualTarget
from mendlite.tflite.scale_groups import ScaleGroup

T = TypeVar("T")


@unique
class Statistic(Enum):
    """What is measured by replays, of the float model as a rule."""

    TEACHER_OUTPUTS = "the teacher's outputs of a set of samples"
    RANGES = "histograms of the float model's activations, and the ranges that rules make of them"
    LAYER_TARGETS = "the float model's outputs at drawn rows of every layer"
    LAYER_COSTS = "the loss that each layer's int8 weights cost by themselves"
    CHANNELS = "extremes, energy and clipping of the channels between layers"
    SPECTRA = "how often neurons differ from the float model's where tests fail"
    RANGE_ERRORS = "what the range of each activation costs the outputs, to first order"
    NOISE_BUDGET = "what weights, ranges and the rest cost, each by itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Statistics by float model. Those of an edited float model (rescaled channels) are its own."""

    declared: frozenset[Statistic] = frozenset(Statistic)
    kept: dict[Any, Any] = field(default_factory=dict)
    targets: KeptTargets = field(default_factory=KeptTargets)

    def only(self, declared: frozenset[Statistic]) -> Statistics:
        """The same store, for a reader that declared these."""
        return replace(self, declared=declared)

    def teacher_outputs(self, case: Case, samples: Samples) -> Outputs:
        """The teacher's outputs of ``samples``."""
        key = (case.recipe.teacher, samples.name, samples.source, samples.rows.tobytes())
        return self._once(
            Statistic.TEACHER_OUTPUTS, case, key, lambda: teacher_outputs(case, samples)
        )

    def calibration(self, case: Case, model: Model, groups: tuple[ScaleGroup, ...]) -> Calibration:
        """The ranges of the rules of calibration; edits of the file do not change them."""
        return self._once(Statistic.RANGES, case, groups, lambda: calibrate(case, model, groups))

    def layer_targets(
        self, case: Case, pairs: Sequence[LayerPair], residuals: Sequence[ResidualTarget]
    ) -> Iterator[tuple[LayerPair, LayerTarget]]:
        """The float outputs that the layers of ``pairs`` should follow."""
        self._require(Statistic.LAYER_TARGETS)
        return self.targets(case, pairs, residuals)

    def layer_costs(self, case: Case, layers: Sequence[int]) -> dict[int, float]:
        """The loss that the int8 weights of each layer, by number, cost by themselves."""
        key = tuple(layers)
        return self._once(Statistic.LAYER_COSTS, case, key, lambda: layer_costs(case, layers))

    def channels(
        self, case: Case, group: EqualizationGroup, replay: RescaledReplay
    ) -> dict[int, ChannelExtremes]:
        """Extremes and energy of the group's float tensors, from a replay of the repair samples."""
        tensors = group.measured
        return self._once(
            Statistic.CHANNELS,
            case,
            tensors,
            lambda: measure_channels(replay.run(case.reference, group.first, tensors), tensors),
        )

    def clipping(
        self, case: Case, model: Model, group: EqualizationGroup, replay: RescaledReplay
    ) -> NDArray[np.float64]:
        """What the group's consumers lose by clipping in ``model``, from a replay."""
        ranges = clipped_ranges(model, group)
        slices = replay.run(case.reference, group.first, list(ranges)) if ranges else ()
        return self._once(
            Statistic.CHANNELS,
            case,
            (group.measured, group.averaged, tuple(ranges.items())),
            lambda: measure_clipping(slices, group, ranges),
        )

    def range_errors(
        self, case: Case, model: Model, groups: tuple[ScaleGroup, ...]
    ) -> dict[ScaleGroup, RangeErrors]:
        """What the ranges of ``groups`` cost in ``model``, as ``measured_errors``."""
        return self._once(
            Statistic.RANGE_ERRORS,
            case,
            (model.sha256, groups),
            lambda: measured_errors(case, model, groups, lambda s: self.teacher_outputs(case, s)),
        )

    def spectra(self, case: Case, model: Model, pairs: Sequence[LayerPair]) -> Localized:
        """The failing repair samples, and where the layers' statuses differ from float's."""
        key = (model.sha256, tuple(pair.quantized.number for pair in pairs))
        return self._once(
            Statistic.SPECTRA, case, key, lambda: localize(case, model, case.sets.repair, pairs)
        )

    def noise_budget(self, case: Case, model: Model, samples: Samples, may: MayEdit) -> NoiseBudget:
        """What weights, ranges and what cannot be edited cost in ``model``, on ``samples``."""
        own = replace(case, quantized=model)
        return self._once(
            Statistic.NOISE_BUDGET,
            case,
            (model.sha256, samples.rows.tobytes(), may),
            lambda: noise_budget(own, Evaluator.of(own, samples), may),
        )

    def _once(self, statistic: Statistic, case: Case, key: Any, collect: Callable[[], T]) -> T:
        self._require(statistic)
        float_model = "" if case.float_model is None else case.float_model.sha256
        whole = (statistic, float_model, key)
        if whole not in self.kept:
            self.kept[whole] = collect()
        collected: T = self.kept[whole]
        return collected

    def _require(self, statistic: Statistic) -> None:
        if statistic not in self.declared:
            raise ValueError(f"the statistic {statistic.name} was read but not declared")
