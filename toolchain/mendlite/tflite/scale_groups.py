"""Which activation tensors must share their quantization, and which may be rescaled.

TFLite's int8 and int16 kernels for pools, reshapes, pads, slices, transposes and concatenations
copy bytes: what goes in and what comes out must have equal parameters. SOFTMAX and LOGISTIC have
fixed output parameters. Inputs and outputs of the graph are the caller's contract: their groups
stay as they are unless the caller permits otherwise (``MayEdit``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.interface import NEITHER, MayEdit
from mendlite.model.operator_kinds import COMPARING, CONVERSIONS, COPYING, SELECTING
from mendlite.model.recurrent import Lstm, integer_lstms
from mendlite.model.svdf import integer_svdfs
from mendlite.model.tensor import STORED, UINT8_OFFSET, DType, QuantParams
from mendlite.model.variables import Variable
from mendlite.tflite.forest import Forest

AS_THEY_ARE = COPYING | COMPARING | SELECTING
"""Operators that take stored values as they are: their ends may differ in a file, and mean other
real values then."""

PASS_THROUGH = AS_THEY_ARE | {
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "RESHAPE",
    "SQUEEZE",
    "EXPAND_DIMS",
    "PAD",
    "PADV2",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "CONCATENATION",
    "PACK",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
}
RESCALABLE = LAYER_OPS | {
    "ADD",
    "MEAN",
    "QUANTIZE",
    "DEQUANTIZE",
    "LEAKY_RELU",
    "PRELU",
    "BATCH_MATMUL",
}
"""Operators that compute with the parameters of each input and output."""

AT_THE_ENDS = RESCALABLE | {"SUB", "MUL", "RELU", "RELU6", "RELU_N1_TO_1"}
"""Those whose inputs and outputs may be rescaled where they are the graph's own."""

UNSCALED = frozenset({"SHAPE", "ARG_MAX"})
"""Operators whose outputs are the same in any steps of their inputs."""

FIXED_OUTPUT = frozenset({"LOGISTIC", "TANH", "L2_NORMALIZATION"})
"""Operators that compute with the parameters of their input and fix those of their output."""

NORMALIZED = frozenset({"SOFTMAX", "LOG_SOFTMAX"})
"""Those of them that change with the differences of their inputs alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleGroup:
    """Tensors with common parameters, by rising index.

    ``first`` is the first operator that writes one, -1 where one is an input of the graph.
    ``frozen`` states why they must stay, None where they may change. uint8 tensors among them have
    the int8 tensors' zero-point plus UINT8_OFFSET.
    """

    tensors: tuple[int, ...]
    first: int
    frozen: str | None


def _activations(model: Model, operator: Operator) -> list[int]:
    """int8, uint8 and int16 activations that an operator reads or writes.

    A uint8 tensor that is only converted is no activation of its own.
    """
    types = STORED - {DType.UINT8} if operator.op in CONVERSIONS else STORED
    touched = [t for t in (*operator.inputs, *operator.outputs) if t >= 0]
    return [
        t for t in touched if model.tensors[t].buffer is None and model.tensors[t].dtype in types
    ]


def _joined(model: Model, operator: Operator) -> list[int]:
    """The activations of a PASS_THROUGH operator that keep common parameters.

    A uint8 CONCATENATION rescales the inputs whose parameters are not its output's.
    """
    tensors = _activations(model, operator)
    if operator.op != "CONCATENATION" or not operator.outputs:
        return tensors
    output = model.tensors[operator.outputs[0]].quant
    return [t for t in tensors if output is None or equal(model.tensors[t].quant, output)]


def equal(first: QuantParams | None, second: QuantParams) -> bool:
    """Whether two tensors have the same scales and zero-points."""
    return first is not None and (first.scale.tolist(), first.zero_point.tolist()) == (
        second.scale.tolist(),
        second.zero_point.tolist(),
    )


def _stored(model: Model, tensors: Iterable[int]) -> list[int]:
    return [t for t in tensors if model.tensors[t].dtype in STORED]


def _uint8_ends(model: Model, may: MayEdit) -> set[int]:
    """The uint8 inputs and outputs of the graph that may be edited."""
    ends = (*(model.inputs if may.inputs else ()), *(model.outputs if may.outputs else ()))
    return {
        t
        for t in ends
        if model.tensors[t].dtype is DType.UINT8 and model.tensors[t].quant is not None
    }


def _converts_alone(model: Model, operator: Operator) -> bool:
    """Whether a QUANTIZE moves values between uint8 and int8 without rounding any."""
    first, second = (model.tensors[t] for t in (operator.inputs[0], operator.outputs[0]))
    if first.quant is None or second.quant is None or first.scale != second.scale:
        return False
    raised = {DType.INT8: UINT8_OFFSET, DType.UINT8: 0}
    zeros = [t.zero_point + raised.get(t.dtype, 0) for t in (first, second)]
    return zeros[0] == zeros[1]


def _forest(model: Model, may: MayEdit) -> tuple[Forest, list[int]]:
    """All integer activations, rising, and the sets of those with common parameters.

    With the uint8 ends of the graph that may be edited, which change together with the int8 tensor
    behind their QUANTIZE.
    """
    ends = _uint8_ends(model, may)
    firsts = set(_stored(model, (variable.initial for variable in model.variables)))
    inner = {t for lstm in integer_lstms(model) for t in lstm.hidden}
    own = {t for o in model.operators for t in _activations(model, o)}
    tensors = sorted(own | ends | firsts | inner)
    forest = Forest(tensors)
    for operator in model.operators:
        if operator.op == "QUANTIZE" and ends & {*operator.inputs, *operator.outputs}:
            pair = (operator.inputs[0], operator.outputs[0])
            if set(pair) <= set(tensors) and _converts_alone(model, operator):
                forest.join(pair)
    for operator in model.operators:
        if operator.op in PASS_THROUGH:
            forest.join(_joined(model, operator))
    for lstm in integer_lstms(model):
        # The state, the output and the intermediate tensor are one value's parameters.
        forest.join([t for t in lstm.hidden if t in tensors])
    for variable in model.variables:
        # Bytes are stored and read again; the first ones are those of a constant.
        forest.join(_stored(model, variable.tensors))
    vectors: dict[int, int] = {}
    for tensor in tensors:
        quant = model.tensors[tensor].quant
        if quant is not None:
            # Two tensors whose parameters are one vector in the file change together.
            forest.join((vectors.setdefault(quant.scale_offset, tensor), tensor))
    return forest, tensors


def scale_groups(model: Model, may: MayEdit = NEITHER) -> tuple[ScaleGroup, ...]:
    """All groups, in the order in which the graph first writes them; those of its inputs first.

    The one place that decides which parameters may change; ``may`` is the caller's permission for
    the graph's inputs and outputs.
    """
    forest, tensors = _forest(model, may)
    members: dict[int, list[int]] = {}
    for tensor in tensors:
        members.setdefault(forest.root(tensor), []).append(tensor)
    groups = [_group(model, tuple(connected), may) for connected in members.values()]
    return tuple(sorted(groups, key=lambda group: (group.first, group.tensors)))


def _group(model: Model, tensors: tuple[int, ...], may: MayEdit) -> ScaleGroup:
    writers = [
        o.index
        for o in model.operators
        if o.op != "READ_VARIABLE" and set(o.outputs) & set(tensors)
    ]
    first = -1 if set(tensors) & set(model.inputs) else min(writers, default=-1)
    frozen = frozen_by_use(model, tensors, may) or _frozen_by_sharing(model, set(tensors))
    return ScaleGroup(tensors=tensors, first=first, frozen=frozen)


def frozen_by_use(model: Model, tensors: Collection[int], may: MayEdit = NEITHER) -> str | None:
    """Why the common parameters of ``tensors`` must stay, by what reads and writes them.

    None where they may change, if no other tensor of the file has the same vectors.
    """
    inside = set(tensors)
    if inside & set(model.inputs) and not may.inputs:
        return "an input of the graph"
    if inside & set(model.outputs) and not may.outputs:
        return "an output of the graph"
    for tensor in tensors:
        quant = model.tensors[tensor].quant
        if quant is None or quant.per_channel or quant.zero_point_offset is None:
            return f"tensor {tensor} has no single scale and zero-point"
    for variable in model.variables:
        if variable.initial in inside and (why := _frozen_variable(model, variable)):
            return why
    if len({model.tensors[t].dtype for t in tensors} - {DType.UINT8}) > 1:
        return "int8 and int16 tensors have their parameters in common"
    return _frozen_by_operator(model, inside)


def _frozen_variable(model: Model, variable: Variable) -> str:
    """Why the parameters of a variable's tensors must stay; empty where they may change."""
    first, buffer = model.tensors[variable.initial].quant, model.tensors[variable.initial].buffer
    if buffer is not None and buffer.shared:
        return f"the first value of variable '{variable.name}' shares its bytes"
    if first is None or not all(equal(model.tensors[t].quant, first) for t in variable.tensors):
        return f"the tensors of variable '{variable.name}' have different parameters"
    return ""


def _frozen_by_operator(model: Model, inside: set[int]) -> str | None:
    at_an_end = bool(inside & {*model.inputs, *model.outputs})
    recurrent = {lstm.operator.index: lstm for lstm in integer_lstms(model)}
    states = {index: lstm.cell for index, lstm in recurrent.items()}
    states |= {svdf.operator.index: svdf.state for svdf in integer_svdfs(model)}
    computing = AT_THE_ENDS if at_an_end else RESCALABLE
    only_reading = FIXED_OUTPUT | NORMALIZED if at_an_end else NORMALIZED
    for operator in model.operators:
        reads, writes = inside & set(operator.inputs), inside & set(operator.outputs)
        # SOFTMAX fixes its output alone; SHAPE reads extents, no values, ARG_MAX their order.
        if operator.op in UNSCALED or (operator.op in only_reading and not writes):
            continue
        if operator.index in states and states[operator.index] not in inside:
            lstm = recurrent.get(operator.index)  # an SVDF's bias counts in steps of its state
            if (reads or writes) and (why := _frozen_biases(model, lstm, inside)):
                return why
            continue
        if (reads or writes) and operator.op not in PASS_THROUGH | computing:
            return f"operator {operator.index} {operator.op} fixes its parameters"
        if (reads or writes) and (why := _ends_differ(model, operator)):
            return why
    for layer in model.layers:
        if layer.input in inside and layer.bias_frozen is not None:
            return f"layer {layer.number}: {layer.bias_frozen}"
        if layer.output in inside and layer.interpreted is not None:
            return f"layer {layer.number}: {layer.interpreted}: an interpreter runs it"
    return None


def _frozen_biases(model: Model, lstm: Lstm | None, inside: set[int]) -> str:
    """Why the gates' biases keep the parameters of an LSTM's input; empty where they do not."""
    if lstm is None:
        return ""
    shared = any((buffer := model.tensors[t].buffer) is None or buffer.shared for t in lstm.biases)
    place = f"operator {lstm.operator.index} {lstm.operator.op}"
    return f"{place}: its biases share their bytes" if shared and lstm.input in inside else ""


def _ends_differ(model: Model, operator: Operator) -> str:
    """Why an operator that takes values as they are keeps its ends' parameters; empty if none."""
    if operator.op not in AS_THEY_ARE:
        return ""
    place = f"operator {operator.index} {operator.op}"
    ends = [model.tensors[t] for t in (*operator.inputs, *operator.outputs) if t >= 0]
    stored = [t for t in ends if t.dtype in STORED]
    if any(t.buffer is not None for t in stored):
        return f"{place} takes the values of a constant as they are"
    first = stored[0].quant if stored else None
    if first is not None and not all(equal(t.quant, first) for t in stored):
        return f"{place} takes values as they are, and its ends have different parameters"
    return ""


def _frozen_by_sharing(model: Model, inside: set[int]) -> str | None:
    """A vector of the file that tensors outside use as well."""
    offsets = {model.tensors[t].quantization().zero_point_offset for t in inside}
    offsets |= {model.tensors[t].quantization().scale_offset for t in inside}
    for tensor in model.tensors:
        if tensor.index in inside or tensor.quant is None:
            continue
        if offsets & {tensor.quant.scale_offset, tensor.quant.zero_point_offset}:
            return f"tensor {tensor.index} shares its parameters in the file"
    return None
