"""Conditions of plans, known without a replay."""

from __future__ import annotations

from mendlite.algorithms.least_squares import is_coarse
from mendlite.repair.facts import LARGE, Facts, replayed_multiplications
from mendlite.repair.layers.candidate_search import searched
from mendlite.repair.moves.block_squares import solved_layers
from mendlite.repair.moves.calibrate import ENOUGH
from mendlite.repair.moves.fit_ranges import FitRanges
from mendlite.replay.reference.slices import multiplications

TINY = 1e8
"""Multiplications of one replay of the repair samples up to which thousands take seconds: the
search of single biases."""

SMALL = 4e9
"""Multiplications of one replay of the repair samples up to which more is tried: both orders."""

LONG = 2e11
"""Multiplications of one replay of the searched samples for each range, from which their search
takes minutes: one candidate a range, of some ten."""


def has_float_model(facts: Facts) -> bool:
    """Whether there is a float model to follow."""
    return facts.case.float_model is not None


def has_blocks_alone(facts: Facts) -> bool:
    """Whether the layers that may be edited are those with a scale for each block alone."""
    return not facts.layers and bool(solved_layers(facts))


def time_is_limited(facts: Facts) -> bool:
    """Whether the repair has a time limit, which may end it within the first costly step."""
    return facts.options.time_limit is not None


def weights_are_coarse(facts: Facts) -> bool:
    """Whether a layer that may be edited has weights of few levels (int4)."""
    weights = [facts.model.tensors[layer.weights] for layer in facts.editable]
    return any(is_coarse(tensor.weight_range) for tensor in weights if tensor.dtype.is_weight)


def replay_is_tiny(facts: Facts) -> bool:
    """Whether a replay of the repair samples is so small that thousands of them take seconds."""
    return replayed_multiplications(facts.case) <= TINY


def replay_is_small(facts: Facts) -> bool:
    """Whether a replay of the repair samples is so small that trying more costs seconds."""
    return replayed_multiplications(facts.case) <= SMALL


def replay_is_large(facts: Facts) -> bool:
    """Whether a replay of the repair samples is so large that minutes go by with each."""
    return replayed_multiplications(facts.case) >= LARGE


def range_search_is_long(facts: Facts) -> bool:
    """Whether a search of single ranges takes minutes, by the network and its number of ranges."""
    samples = min(searched(facts.model), facts.case.sets.repair.count)
    replay = multiplications(facts.model) * facts.model.frames * samples
    return replay * len(facts.groups) >= LONG


def slopes_reach_ranges(facts: Facts) -> bool:
    """Whether what ranges cost the outputs is known to first order."""
    return FitRanges().why_not(facts) is None


def large_and_coarse(facts: Facts) -> bool:
    """Whether weights have few levels and a replay of the repair samples is large."""
    return weights_are_coarse(facts) and replay_is_large(facts)


def samples_tell_rules_apart(facts: Facts) -> bool:
    """Whether the repair samples are enough to choose a rule of calibration by."""
    return facts.case.rows(facts.case.sets.repair) >= ENOUGH
