"""Replays of a float model whose channels are rescaled from front to back.

What lies before the first operator that a group of layers changes stays as it is for all later
groups: it is computed once, and its values are kept. Each group runs the operators between its
layers alone, on the model as rescaled so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.prepare.memory import live_bytes
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.frontier import Frontier, run_on
from mendlite.replay.reference.runner import WORKERS
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Values

MEMORY = 2**30
"""Bytes of float values that are kept between groups; a larger replay runs again for each."""


class RescaledReplay:
    """The values of ``samples`` inside a float model, before the operator reached so far."""

    def __init__(self, case: Case, samples: Samples) -> None:
        """Nothing is run yet."""
        self._profile, self._checkpoint = case.profile, case.checkpoint
        self._inputs = case.float_inputs(samples)
        self._frontier: Frontier | None = None

    def run(self, model: Model, first: int, tensors: Sequence[int]) -> Iterator[Values]:
        """The values of ``tensors`` in slices, as a runner gives them.

        ``model`` differs from those of earlier calls only behind its operator ``first``, or the
        replay begins again. All ``tensors`` are read or written there or behind.
        """
        if live_bytes(model) * len(self._inputs[0]) > MEMORY:
            yield from make_runner("reference", model, self._profile).run(self._inputs, tensors)
            return
        program = prepare(model, self._profile)
        frontier = self._frontier
        if frontier is None or frontier.next_operator > first:
            frontier = self._frontier = Frontier(model, self._inputs, slice_size(model))
        frontier.advance(program, first)
        slices = frontier.slices
        for begin in range(0, len(slices), WORKERS):
            self._checkpoint()
            for values in run_on(program, slices[begin : begin + WORKERS], first, tensors):
                yield {t: values[t] for t in tensors}
