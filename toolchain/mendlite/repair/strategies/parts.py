"""Parts that several plans share."""

from __future__ import annotations

from mendlite.repair.layers.calibration import RULES
from mendlite.repair.layers.candidate_search import BOLD
from mendlite.repair.moves.activation_ranges import ActivationRanges
from mendlite.repair.moves.block_squares import BlockSquares
from mendlite.repair.moves.calibrate import Calibrate
from mendlite.repair.moves.equalize import Equalize
from mendlite.repair.moves.fit_ranges import FitRanges
from mendlite.repair.moves.joint import Joint
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.recurrent_squares import RecurrentSquares
from mendlite.repair.moves.weight_scales import WeightScales
from mendlite.repair.strategies.conditions import (
    range_search_is_long,
    replay_is_large,
    samples_tell_rules_apart,
    slopes_reach_ranges,
    weights_are_coarse,
)
from mendlite.repair.strategies.plan import (
    NOTHING,
    Alternatives,
    IfApplies,
    Where,
    in_order,
    until_changed,
)

SOLVE_WEIGHTS = in_order(
    IfApplies(RecurrentSquares()),
    IfApplies(BlockSquares()),
    Where(weights_are_coarse, WeightScales(), otherwise=LeastSquares()),
)
"""Least squares, of recurrent layers first and of those with a scale for each block; of int4
weights with a search of their scales."""

WEIGHTS = in_order(
    SOLVE_WEIGHTS,
    Where(
        weights_are_coarse,
        Joint(Equalize(), WeightScales()),
        otherwise=Joint(Equalize(), LeastSquares()),
    ),
)
"""Least squares alone, then against it on rescaled channels.

Rescaling alone may look worse until the weights have been solved for it, so the two are evaluated
together.
"""

RESCALED_WEIGHTS = Where(
    weights_are_coarse,
    WEIGHTS,
    otherwise=in_order(
        IfApplies(RecurrentSquares()),
        IfApplies(BlockSquares()),
        until_changed(
            Joint(Equalize(), LeastSquares()),
            LeastSquares(),
            Joint(Equalize(), LeastSquares(one_ridge=True)),
            LeastSquares(one_ridge=True),
        ),
    ),
)
"""Least squares on rescaled channels; on the channels as they are only where that is rejected, or
where no channel gains from another scale. Where neither is accepted, once more with one ridge: a
network whose input clips needs weights far from float's. Coarse weights: both."""

CALIBRATION = Where(
    samples_tell_rules_apart,
    then=Calibrate(),
    otherwise=Alternatives(tuple(Calibrate(rule=rule) for rule in RULES)),
)
"""The rule of calibration that fits best: few repair samples leave that to the selection set."""

LOSS_SEARCH = Where(
    range_search_is_long,
    NOTHING,
    otherwise=until_changed(
        ActivationRanges(),
        Where(replay_is_large, NOTHING, otherwise=ActivationRanges(clear=BOLD)),
    ),
)
"""The search of ranges; where it finds nothing, once more with a lower acceptance threshold.

Not where it takes minutes: on ResNet-20 and MobileNetV2, whose ranges calibration sets, it was the
longest step and found nothing that the selection samples confirm.

On the published ResNet files a search that finds nothing leaves 10 to 20 % more KL than one that
does: its few samples do not show what the selection samples confirm.
"""

RANGE_SEARCH = Where(slopes_reach_ranges, NOTHING, otherwise=LOSS_SEARCH)
"""The search of ranges by the loss, in front of the weights, where the ranges are not fitted behind
them."""

FIT_WITH_WEIGHTS = Where(
    replay_is_large,
    NOTHING,
    otherwise=Where(
        weights_are_coarse,
        Joint(FitRanges(), WeightScales()),
        otherwise=Joint(FitRanges(), LeastSquares()),
    ),
)
"""Weights that were solved make up for what the ranges clip: other ranges may look worse until the
weights have been solved for them."""

RANGE_FIT = Where(
    slopes_reach_ranges,
    until_changed(FitRanges(), FIT_WITH_WEIGHTS, LOSS_SEARCH),
)
"""Ranges by the errors that they cause, which one pass measures; where that is rejected, once more
with the weights solved for them, and where nothing is accepted, their search by the loss.

Behind the weights: in front of them the ranges fit errors of weights that will not stay. On the
published ResNet files that leaves 10 % more variance of float's top-two logit difference.
"""
