"""SVDF operators: where their constants and their state lie among the inputs."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.graph import Model, Operator
from mendlite.model.tensor import DType

SVDF = "SVDF"

FEATURE_WEIGHTS, TIME_WEIGHTS, BIAS, STATE = range(1, 5)
"""Input slots behind the input itself."""

INPUTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Svdf:
    """One SVDF: tensor indices; ``bias`` is None where there is none.

    A unit is the sum of ``rank`` neighbouring filters.
    """

    operator: Operator
    input: int
    output: int
    features: int
    time: int
    bias: int | None
    state: int
    rank: int

    @property
    def constants(self) -> tuple[int, ...]:
        """Its weights and its bias."""
        return (self.features, self.time, *(() if self.bias is None else (self.bias,)))


def svdf_of(model: Model, operator: Operator) -> Svdf | None:
    """An SVDF of constant weights; None for other operators."""
    inputs = operator.inputs
    if operator.op != SVDF or len(inputs) != INPUTS or len(operator.outputs) != 1:
        return None
    if any(inputs[slot] < 0 for slot in (0, FEATURE_WEIGHTS, TIME_WEIGHTS, STATE)):
        return None
    rank = operator.options.get("rank")
    if not isinstance(rank, int) or rank < 1:
        return None
    found = Svdf(
        operator=operator,
        input=inputs[0],
        output=operator.outputs[0],
        features=inputs[FEATURE_WEIGHTS],
        time=inputs[TIME_WEIGHTS],
        bias=inputs[BIAS] if inputs[BIAS] >= 0 else None,
        state=inputs[STATE],
        rank=rank,
    )
    return found if all(model.tensors[t].data is not None for t in found.constants) else None


def svdfs(model: Model) -> tuple[Svdf, ...]:
    """The SVDFs of a model, in execution order."""
    every = (svdf_of(model, operator) for operator in model.operators)
    return tuple(svdf for svdf in every if svdf is not None)


def hybrid_svdfs(model: Model) -> tuple[Svdf, ...]:
    """Those of float32 activations and int8 weights."""
    return tuple(
        svdf
        for svdf in svdfs(model)
        if {model.tensors[t].dtype for t in (svdf.input, svdf.state, svdf.output)}
        == {DType.FLOAT32}
        and {model.tensors[t].dtype for t in (svdf.features, svdf.time)} == {DType.INT8}
        and all(model.tensors[t].quant is not None for t in (svdf.features, svdf.time))
    )


def integer_svdfs(model: Model) -> tuple[Svdf, ...]:
    """Those of int8 activations and feature weights and a quantized state."""
    return tuple(
        svdf
        for svdf in svdfs(model)
        if {model.tensors[t].dtype for t in (svdf.input, svdf.features, svdf.output)}
        == {DType.INT8}
        and all(
            model.tensors[t].quant is not None
            for t in (svdf.input, svdf.features, svdf.time, svdf.state, svdf.output)
        )
    )
