"""The float model with the int8 weights of one layer alone, layer after layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.analysis.fake_quant import int8_constants
from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.measure.outputs import Outputs
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.replay.collect import joined
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.frontier import Frontier, run_on
from mendlite.replay.reference.slices import slice_size


def outputs_layer_by_layer(
    case: Case, samples: Samples, pairs: Sequence[LayerPair]
) -> Iterator[tuple[LayerPair, Outputs]]:
    """Each pair, in the order of execution, and the outputs with its int8 weights and bias.

    What lies before a layer is replayed once for all that follow.
    """
    reference, task = case.reference, case.task
    evaluated, program = evaluated_tensors(task, reference), prepare(reference, case.profile)
    inputs, fed = case.float_inputs(samples), case.task_inputs(samples)
    frontier = Frontier(reference, inputs, slice_size(reference), keep=evaluated)
    for pair in sorted(pairs, key=lambda pair: pair.reference.index):
        frontier.advance(program, pair.reference.index)
        rounded = program.with_constants(int8_constants(case, [pair]))
        ends = run_on(rounded, frontier.slices, frontier.next_operator, evaluated)
        yield pair, read_outputs(task, reference, joined(ends, evaluated), fed)
