"""A property that is to be decided over a box, and the verification that is made of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.bounds import Bounds
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.property import Property, questions
from mendlite.certify.bounds.query import Query
from mendlite.certify.bounds.reach import form_range
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.model.clock import Over, never
from mendlite.model.verification import (
    CounterExample,
    Method,
    OutputBound,
    ProofVerdict,
    Verification,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTask:
    """``wanted`` for every input of ``box``.

    ``region`` describes the box and ``names`` the two networks, in the report.
    """

    models: ModelPair
    box: InputBox
    wanted: Property
    region: str = ""
    names: tuple[str, str] = ("float", "int8")

    def queries(self) -> tuple[Query, ...]:
        """What must be ruled out, one by one."""
        second = self.models.networks.second
        return questions(self.wanted, second.outputs, second.nodes[-1].step)

    def breaks(self, x: Ints) -> bool:
        """Whether one stored input [K] breaks the property, on the kernels and in float64."""
        return self.models.breaks(self.box, self.wanted, x)

    def verification(
        self,
        bounds: Bounds,
        *,
        questions: int,
        still: Sequence[Query],
        broken: Ints | None,
        method: Method,
        seconds: Callable[[], float],
        reach_seconds: float = 0.0,
        notes: Sequence[str] = (),
        over: Over = never,
    ) -> Verification:
        """What became of the property: ``still`` of its ``questions`` are open.

        ``broken`` is an input against it. ``seconds`` are those since the work began. Once the time
        is ``over``, the outputs' difference is bounded by what is known of it.
        """
        verdict = ProofVerdict.UNDECIDED if still else ProofVerdict.PROVED
        return Verification(
            property=self.wanted.text,
            first=self.names[0],
            second=self.names[1],
            kernels=f"reference ({self.models.profile.value})",
            region=self.region,
            verdict=ProofVerdict.REFUTED if broken is not None else verdict,
            means=method,
            questions=questions,
            open_questions=tuple(query.name for query in still),
            bounds=_output_bounds(bounds, over),
            counter_example=None if broken is None else self._counter_example(broken),
            seconds=seconds(),
            reach_seconds=reach_seconds,
            notes=tuple(notes),
        )

    def _counter_example(self, x: Ints) -> CounterExample:
        """One stored input [K] with what both networks make of it."""
        replay = self.models.replay(self.box, x[None])
        return CounterExample(
            input=tuple(int(v) for v in x),
            first=tuple(float(v) for v in replay.first[0]),
            second=tuple(float(v) for v in replay.second[0]),
            first_class=int((self.wanted.sign * replay.first[0]).argmax()),
            second_class=int((self.wanted.sign * replay.second[0]).argmax()),
        )


def _output_bounds(bounds: Bounds, over: Over) -> tuple[OutputBound, ...]:
    """Second less first, for every output."""
    eye = np.eye(bounds.output.first.size.size)
    apart = form_range(bounds, None, eye, over).meet(bounds.output.difference)
    return tuple(
        OutputBound(output=n, lower=float(low), upper=float(high))
        for n, (low, high) in enumerate(zip(apart.lower, apart.upper, strict=True))
    )
