"""The strategy ``auto``: what costs more first, by the noise budget; the last layer at the end."""

from __future__ import annotations

from mendlite.repair.moves.activation_ranges import ActivationRanges
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.bias_search import BiasSearch
from mendlite.repair.moves.block_squares import BlockSquares
from mendlite.repair.moves.dead_channels import DeadChannels
from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.output_range import OutputRange
from mendlite.repair.moves.requantize import Requantize
from mendlite.repair.needs import ranges_may_change
from mendlite.repair.strategies.conditions import (
    has_blocks_alone,
    has_float_model,
    large_and_coarse,
    replay_is_large,
    replay_is_small,
    replay_is_tiny,
    time_is_limited,
    weights_are_coarse,
)
from mendlite.repair.strategies.noise_order import ByNoiseBudget, Order
from mendlite.repair.strategies.parts import (
    CALIBRATION,
    RANGE_FIT,
    RANGE_SEARCH,
    RESCALED_WEIGHTS,
    SOLVE_WEIGHTS,
)
from mendlite.repair.strategies.plan import NOTHING, Followed, IfApplies, Where, in_order
from mendlite.repair.strategies.strategy import Strategy
from mendlite.repair.strategies.without_float import WITHOUT_FLOAT

RANGES = in_order(CALIBRATION, RANGE_SEARCH)

RANGES_FIRST = Order(RANGES, RESCALED_WEIGHTS)
"""Calibration and the search of ranges, then the weights for them."""

WEIGHTS_FIRST = Order(
    RESCALED_WEIGHTS,
    # Channels were rescaled already: once more only where that takes a second.
    Followed(RANGES, if_changed=Where(replay_is_tiny, RESCALED_WEIGHTS, otherwise=SOLVE_WEIGHTS)),
)
"""The weights for the ranges as they are, then ranges, then the weights for those."""

RANGES_AND_WEIGHTS = in_order(
    ByNoiseBudget(WEIGHTS_FIRST, RANGES_FIRST, both=replay_is_small, sparing=replay_is_large),
    Where(replay_is_tiny, BiasSearch()),
)

LARGE_AND_COARSE = in_order(SOLVE_WEIGHTS, Where(ranges_may_change, CALIBRATION))
"""Coarse weights of a large network: they cost the most. Another pass over them, or a search of
single ranges, takes minutes and brought nothing on MobileNetV2."""

WITH_FLOAT = in_order(
    # A limit that ends the first costly step leaves this one; what follows edits the biases again.
    Where(time_is_limited, IfApplies(BiasCorrection())),
    IfApplies(DeadChannels()),
    IfApplies(Requantize()),
    Where(
        large_and_coarse,
        LARGE_AND_COARSE,
        otherwise=Where(ranges_may_change, RANGES_AND_WEIGHTS, otherwise=RESCALED_WEIGHTS),
    ),
    RANGE_FIT,
    # It reads the repair samples once more, which takes a second but of large networks.
    Where(replay_is_large, NOTHING, otherwise=IfApplies(OutputRange())),
    # Behind weights that follow float, single ones of a larger network fit the failing repair
    # samples alone: that was accepted of none.
    Where(
        replay_is_small,
        LastLayerMargins(),
        otherwise=Where(weights_are_coarse, LastLayerMargins()),
    ),
    # What coarse weights leave to all layers together takes minutes where a replay is not small.
    Where(weights_are_coarse, Where(replay_is_small, IfApplies(Distill()))),
)

AUTO = Strategy(
    name="auto",
    summary="ranges and weights, what costs more first, then biases and the last layer",
    plan=Where(
        has_float_model,
        Where(has_blocks_alone, BlockSquares(), otherwise=WITH_FLOAT),
        otherwise=WITHOUT_FLOAT,
    ),
    within_budget=(LastLayerMargins(), BiasCorrection(), LeastSquares(), ActivationRanges()),
    on_neurons=LeastSquares(),
)
