"""The strategy ``least-squares``: the weights alone."""

from __future__ import annotations

from mendlite.repair.moves.block_squares import BlockSquares
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.requantize import Requantize
from mendlite.repair.strategies.conditions import has_blocks_alone
from mendlite.repair.strategies.parts import WEIGHTS
from mendlite.repair.strategies.plan import IfApplies, Where, in_order
from mendlite.repair.strategies.strategy import Strategy

LEAST_SQUARES = Strategy(
    name="least-squares",
    summary="integer weights and biases whose outputs follow float's, layer by layer",
    plan=Where(
        has_blocks_alone,
        BlockSquares(),
        otherwise=in_order(IfApplies(Requantize()), WEIGHTS),
    ),
    within_budget=(LeastSquares(),),
    on_neurons=LeastSquares(),
)
