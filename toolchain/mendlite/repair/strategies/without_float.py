"""The plan where the float model is lost: moves that need no more than the teacher's outputs."""

from __future__ import annotations

from mendlite.repair.moves.bias_search import BiasSearch
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.needs import ranges_may_change
from mendlite.repair.strategies.conditions import replay_is_small
from mendlite.repair.strategies.parts import LOSS_SEARCH
from mendlite.repair.strategies.plan import Where, in_order

WITHOUT_FLOAT = in_order(
    Where(ranges_may_change, LOSS_SEARCH),
    Where(replay_is_small, BiasSearch()),
    LastLayerMargins(),
)
