"""Language models: the next token at each position of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.arith.elementary import exp
from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.classification import log_softmax
from mendlite.measure.outputs import Outputs
from mendlite.measure.positions import PositionClassification
from mendlite.measure.task import Labels, Quality

LARGEST_LOSS = 700.0
"""Nats, beyond which a perplexity is no finite float64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextToken(PositionClassification):
    """Classification of positions: a test is a position, its class the likeliest token.

    A model gives the logits of each token of its vocabulary (the last axis) at each position of a
    sequence; the sequences of a sample are its rows.
    """

    kind: str = "next-token"

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Share of next tokens that are the likeliest ones, and perplexity, where there are any."""
        if labels is None or labels.size == 0:
            return Quality()
        known = log_softmax(outputs.values)[np.arange(len(labels)), labels]
        loss = np.array([min(mean_of(-known), LARGEST_LOSS)])
        return Quality(
            accuracy=float(np.mean(self.right(outputs, labels))), perplexity=float(exp(loss)[0])
        )
