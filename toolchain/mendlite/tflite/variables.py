"""Read the variables of a file, and the subgraphs that give them their first values.

A converter writes one VAR_HANDLE for a variable wherever it is used; the same container and name
are the same variable (``resource_variable.cc`` of TFLite). CALL_ONCE runs an initialising subgraph
before the first frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.graph import Operator
from mendlite.model.operator_kinds import STATEFUL
from mendlite.model.tensor import DType, Tensor
from mendlite.model.variables import Variable
from mendlite.tflite.operators import read_operators
from mendlite.tflite.verified_table import VerifiedTable

Name = tuple[str, str]
"""Container and name of a variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialiser:
    """A subgraph that CALL_ONCE runs, its tensors counted behind those read before it."""

    place: str
    operators: tuple[Operator, ...]
    ends: bool


def initialising_subgraphs(
    operators: Sequence[Operator], subgraphs: int, own: int = 0
) -> tuple[int, ...]:
    """Numbers of the subgraphs that CALL_ONCE runs in subgraph ``own``, each once.

    Raises MalformedModelError for a subgraph that does not exist or would run itself.
    """
    numbers: list[int] = []
    for operator in operators:
        if operator.op == "CALL_ONCE":
            number = operator.options.get("init_subgraph_index", 0)
            if not isinstance(number, int) or not 0 < number < subgraphs or number == own:
                raise MalformedModelError(
                    f"operator {operator.index} CALL_ONCE: it runs subgraph {number} of "
                    f"{subgraphs}; an initialising subgraph is one behind the first"
                )
            numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def read_initialisers(
    model: VerifiedTable, numbers: Sequence[int], first: int
) -> tuple[Initialiser, ...]:
    """The subgraphs of these numbers; ``first`` is the index that their first tensor gets."""
    subgraphs, found = model.children("subgraphs"), []
    for number in numbers:
        raw = subgraphs[number]
        count = len(raw.children("tensors"))
        found.append(
            Initialiser(
                place=f"initialising subgraph {number}",
                operators=tuple(_moved(o, first) for o in read_operators(model, raw, count)),
                ends=bool(raw.vector("inputs")[1] or raw.vector("outputs")[1]),
            )
        )
        first += count
    return tuple(found)


def _moved(operator: Operator, by: int) -> Operator:
    inputs, outputs, own = (
        tuple(t + by if t >= 0 else t for t in some)
        for some in (operator.inputs, operator.outputs, operator.intermediates)
    )
    return replace(operator, inputs=inputs, outputs=outputs, intermediates=own)


def find_variables(
    tensors: Sequence[Tensor],
    operators: Sequence[Operator],
    initialisers: Sequence[Initialiser],
) -> tuple[Variable, ...]:
    """The variables of the main subgraph, in the order of their first handles.

    Raises MalformedModelError where the file contradicts itself, UnsupportedModelError for state
    of another form.
    """
    initial: dict[Name, int] = {}
    for one in initialisers:
        initial |= _first_values(tensors, one)
    names = _handles(operators, "")
    found = [
        _variable(tensors, operators, name, [t for t in names if names[t] == name], initial)
        for name in dict.fromkeys(names.values())
    ]
    _require_order(operators)
    return tuple(found)


def _handles(operators: Sequence[Operator], place: str) -> Mapping[int, Name]:
    """The variable that each handle stands for.

    Raises UnsupportedModelError where an operator's handle is not known.
    """
    names: dict[int, Name] = {}
    for operator in operators:
        where = f"{place}operator {operator.index} {operator.op}"
        if operator.op == "VAR_HANDLE":
            if len(operator.outputs) != 1:
                raise UnsupportedModelError(f"{where}: it has {len(operator.outputs)} outputs")
            container, name = (
                str(operator.options.get(key, "")) for key in ("container", "shared_name")
            )
            names[operator.outputs[0]] = container, name
        elif operator.op in {"READ_VARIABLE", "ASSIGN_VARIABLE"}:
            form = (1, 1) if operator.op == "READ_VARIABLE" else (2, 0)
            if (len(operator.inputs), len(operator.outputs)) != form or min(operator.inputs) < 0:
                raise UnsupportedModelError(
                    f"{where}: it has other inputs or outputs than a variable's"
                )
            if operator.inputs[0] not in names:
                raise UnsupportedModelError(f"{where}: no VAR_HANDLE before it names its variable")
    return names


def _first_values(tensors: Sequence[Tensor], one: Initialiser) -> Mapping[Name, int]:
    """The constant that an initialising subgraph leaves in each variable."""
    names, found = _handles(one.operators, f"{one.place}, "), {}
    if one.ends:
        raise UnsupportedModelError(f"{one.place} has inputs or outputs")
    for operator in one.operators:
        if operator.op == "ASSIGN_VARIABLE":
            handle, value = operator.inputs
            if tensors[value].data is None:
                raise UnsupportedModelError(
                    f"{one.place}, operator {operator.index}: the first value of variable "
                    f"'{names[handle][1]}' is no constant"
                )
            found[names[handle]] = value
        elif operator.op != "VAR_HANDLE":
            raise UnsupportedModelError(
                f"{one.place}, operator {operator.index} {operator.op}: mendlite reads first "
                "values that are constants"
            )
    return found


def _variable(
    tensors: Sequence[Tensor],
    operators: Sequence[Operator],
    name: Name,
    handles: Sequence[int],
    initial: Mapping[Name, int],
) -> Variable:
    if name not in initial:
        raise UnsupportedModelError(
            f"variable '{name[1]}' has no first value: no initialising subgraph assigns it"
        )
    using = [o for o in operators if o.inputs and o.inputs[0] in handles]
    variable = Variable(
        name="/".join(part for part in name if part),
        initial=initial[name],
        handles=tuple(handles),
        reads=tuple(o.outputs[0] for o in using if o.op == "READ_VARIABLE"),
        writes=tuple(o.inputs[1] for o in using if o.op == "ASSIGN_VARIABLE"),
    )
    _require_one_form(tensors, variable)
    return variable


def _require_one_form(tensors: Sequence[Tensor], variable: Variable) -> None:
    first = tensors[variable.initial]
    if first.dtype.numpy is None or first.dtype is DType.STRING:
        raise UnsupportedModelError(f"variable '{variable.name}' is {first.dtype.value}")
    for index in variable.tensors:
        tensor = tensors[index]
        if (tensor.dtype, tensor.shape) != (first.dtype, first.shape):
            raise MalformedModelError(
                f"variable '{variable.name}': tensor {index} is {tensor.dtype.value} "
                f"{list(tensor.shape)}, its first value {first.dtype.value} {list(first.shape)}"
            )


def _require_order(operators: Sequence[Operator]) -> None:
    """Raise UnsupportedModelError where a variable is used before it gets its first value."""
    used = False
    for operator in operators:
        if operator.op == "CALL_ONCE" and used:
            raise UnsupportedModelError(
                f"operator {operator.index} CALL_ONCE: variables are used before it"
            )
        used = used or operator.op in STATEFUL - {"CALL_ONCE", "VAR_HANDLE"}
