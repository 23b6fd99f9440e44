"""Language models: the next token at each position of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp
from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.classification import (
    kl_divergence,
    log_softmax,
    margins_of,
    predictions,
)
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality
from mendlite.model.sample_rows import Result

LARGEST_LOSS = 700.0
"""Nats, beyond which a perplexity is no finite float64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextToken:
    """A test is a position: it fails where the likeliest token differs; the loss is the KL.

    A model gives the logits of each token of its vocabulary (the last axis) at ``positions``
    places of a sequence. With ``last``, only the last one is a test. Outputs have a row a test.
    """

    positions: int
    last: bool = False
    kind: str = "next-token"
    head: str = "softmax"
    loss_name: str = "KL"
    with_inputs: bool = False

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

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether the likeliest tokens differ, bool[n]; of equal ones the first counts."""
        result: NDArray[np.bool_] = predictions(reference.values) != predictions(other.values)
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """KL divergence of the tokens' probabilities in nats, f64[n]."""
        return kl_divergence(reference.values, other.values)

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Share of next tokens that are the likeliest ones, and perplexity, where there are any."""
        if labels is None or labels.size == 0:
            return Quality()
        known = log_softmax(outputs.values)[np.arange(len(labels)), labels]
        loss = np.array([min(mean_of(-known), LARGEST_LOSS)])
        return Quality(
            accuracy=float(np.mean(self.right(outputs, labels))), perplexity=float(exp(loss)[0])
        )

    def right(self, outputs: Outputs, labels: Labels) -> NDArray[np.bool_]:
        """Whether the likeliest token is the label's, bool[n]."""
        result: NDArray[np.bool_] = predictions(outputs.values) == labels
        return result

    def results(self, outputs: Outputs) -> list[Result]:
        """The likeliest tokens."""
        return list(map(int, predictions(outputs.values)))

    def margins(self, outputs: Outputs) -> NDArray[np.float64] | None:
        """The largest value less the second largest, f64[n]."""
        return margins_of(outputs.values)
