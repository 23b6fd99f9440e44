"""Language models: the next token at each position of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.arith.elementary import exp
from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.classification import Classification, log_softmax
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality

LARGEST_LOSS = 700.0
"""Nats, beyond which a perplexity is no finite float64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextToken(Classification):
    """Classification of positions: a test is a position, its class the likeliest token.

    A model gives the logits of each token of its vocabulary (the last axis) at ``positions``
    places of a sequence. With ``last``, only the last one is a test. Outputs have a row a test.
    """

    positions: int
    last: bool = False
    kind: str = "next-token"

    @property
    def tests(self) -> int:
        """Tests of a sequence."""
        return 1 if self.last else self.positions

    def tokens(self, outputs: Outputs) -> Outputs:
        """Outputs with a row a sequence, as outputs with a row a test."""
        by_position = outputs.values.reshape(len(outputs.values), self.positions, -1)
        chosen = by_position[:, -1:] if self.last else by_position
        vocabulary = chosen.shape[-1]
        return Outputs(values=chosen.reshape(-1, vocabulary), shapes=((vocabulary,),))

    def labels(self, labels: Labels) -> Labels:
        """Next tokens of the tests i64[n tests], of labels (n, positions) or of the last one."""
        by_sequence = labels.reshape(len(labels), -1)
        chosen = by_sequence[:, -1:] if self.last else by_sequence
        result: Labels = chosen.reshape(-1)
        return result

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Share of next tokens that are the likeliest ones, and perplexity, where there are any."""
        if labels is None or labels.size == 0:
            return Quality()
        known = log_softmax(outputs.values)[np.arange(len(labels)), labels]
        loss = np.array([min(mean_of(-known), LARGEST_LOSS)])
        return Quality(
            accuracy=float(np.mean(self.right(outputs, labels))), perplexity=float(exp(loss)[0])
        )
