"""The strategy ``distill``: the weights layer by layer, then all layers together."""

from __future__ import annotations

from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.requantize import Requantize
from mendlite.repair.strategies.parts import WEIGHTS
from mendlite.repair.strategies.plan import IfApplies, in_order
from mendlite.repair.strategies.strategy import Strategy

DISTILL = Strategy(
    name="distill",
    summary="as least-squares, then all layers together by gradient descent on the outputs",
    plan=in_order(IfApplies(Requantize()), WEIGHTS, Distill()),
)
