"""All strategies, a row each: command line, API, documentation and tests read this table."""

from __future__ import annotations

from mendlite.errors import BadInputError
from mendlite.reading.names import unknown
from mendlite.repair.moves.adaround import AdaRound
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.bias_search import BiasSearch
from mendlite.repair.moves.gpfq import Gpfq
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.moves.qnnrepair import QNNRepair
from mendlite.repair.moves.smt_last_layer import SmtLastLayer
from mendlite.repair.moves.squant import Squant
from mendlite.repair.strategies.auto import AUTO
from mendlite.repair.strategies.distill import DISTILL
from mendlite.repair.strategies.least_squares import LEAST_SQUARES
from mendlite.repair.strategies.qnnrepair_search import SEARCH
from mendlite.repair.strategies.strategy import Strategy

ROWS = (
    AUTO,
    LEAST_SQUARES,
    Strategy(
        name="bias",
        summary="int32 biases alone, so that each layer's mean output is float's",
        plan=BiasCorrection(),
        within_budget=(BiasCorrection(),),
        on_neurons=BiasCorrection(),
    ),
    Strategy(
        name="margins",
        summary="few bytes of the last dense layer that fix failing tests",
        plan=LastLayerMargins(),
        within_budget=(LastLayerMargins(),),
    ),
    Strategy(
        name="reconstruct",
        summary="single biases, wherever the loss of the whole network clearly falls",
        plan=BiasSearch(),
        within_budget=(BiasSearch(),),
    ),
    Strategy(
        name="qnnrepair",
        summary="the paper's method: an integer problem for each of the most suspicious neurons",
        plan=QNNRepair(),
    ),
    SEARCH,
    DISTILL,
    Strategy(
        name="smt",
        summary="the fewest weights of the last dense layer that make int8 equivalent to float",
        plan=SmtLastLayer(),
    ),
    Strategy(name="squant", summary="a baseline: SQuant's rounding", plan=Squant()),
    Strategy(name="gpfq", summary="a baseline: greedy path following quantization", plan=Gpfq()),
    Strategy(name="adaround", summary="a baseline: learned rounding", plan=AdaRound()),
)

STRATEGIES: dict[str, Strategy] = {row.name: row for row in ROWS}
"""By name; the first is the default."""

DEFAULT = ROWS[0].name


def find_strategy(name: str) -> Strategy:
    """The strategy of this name; raises BadInputError for another word."""
    if name not in STRATEGIES:
        raise BadInputError(unknown("strategy", name, STRATEGIES))
    return STRATEGIES[name]


def strategies_that_read(option: str) -> tuple[str, ...]:
    """Names of the strategies one of whose moves reads the option of this name."""
    return tuple(row.name for row in STRATEGIES.values() if option in row.reads)
