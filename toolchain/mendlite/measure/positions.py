"""Classification of positions: one sample has several rows of logits, each a test of its own."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.measure.classification import Classification
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClassification(Classification):
    """A test is a row of a sample's output, or a position in it; outputs have a row a test.

    The logits of a sample are (rows, positions, classes): ``rows`` along the output's first axis,
    ``positions`` along those between. With ``last``, the last position of each row alone is a test.
    """

    rows: int = 1
    positions: int = 1
    last: bool = False

    @property
    def tests(self) -> int:
        """Tests of a sample."""
        return self.rows * (1 if self.last else self.positions)

    def by_test(self, outputs: Outputs) -> Outputs:
        """Outputs with a row a sample, as outputs with a row a test."""
        whole = outputs.values.reshape(len(outputs.values), self.rows, self.positions, -1)
        chosen = whole[:, :, -1:] if self.last else whole
        classes = chosen.shape[-1]
        return Outputs(values=chosen.reshape(-1, classes), shapes=((classes,),))

    def labels(self, labels: Labels) -> Labels:
        """Classes of the tests i64[n tests], of labels (n, rows, positions) or of the last ones."""
        whole = labels.reshape(len(labels), self.rows, -1)
        chosen = whole[:, :, -1:] if self.last else whole
        result: Labels = chosen.reshape(-1)
        return result
