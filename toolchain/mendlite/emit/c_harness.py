"""A network as plain integer C for bounded model checkers, with a property as an assertion.

One file of C99 that CBMC, ESBMC and compilers read: constants, one function for each operator with
loops of literal bounds, the fixed-point arithmetic of a rounding profile. No allocation, no float,
no recursion, no pointers between the operators, no undefined behaviour: no accumulator can leave
int32, or the model is refused. All its names but main begin with mendlite_ or MENDLITE_.
"""

from __future__ import annotations

from mendlite.emit.c_harness_fixed_point import fixed_point
from mendlite.emit.c_harness_graph import EMIT, INPUT, EmittedNetwork, make_network
from mendlite.emit.c_harness_node import Node
from mendlite.emit.c_harness_property import ClassBox, programs
from mendlite.emit.c_harness_text import Piece, indented, remark
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile

__all__ = ["ClassBox", "c_harness"]

NAME = 60
"""Characters of a tensor's name that are shown."""


def c_harness(model: Model, profile: Profile, box: ClassBox | None) -> bytes:
    """The C file of ``model`` under a rounding profile.

    With a ``box`` it asserts that the top-1 class is the box's for every input in it; without, a
    macro MENDLITE_PROPERTY that the user defines. Raises UnsupportedModelError, naming the
    operator, for a network that it cannot hold.
    """
    network = make_network(model, profile)
    if box is not None and network.outputs != network.logits.shape[-1]:
        raise UnsupportedModelError(
            f"the logits '{network.logits.name}' have shape {list(network.logits.shape)}: a top-1 "
            "class needs one row of them"
        )
    functions = "\n".join(_function(node, EMIT[node.operator.op](node)) for node in network.nodes)
    parts = [
        _head(network, box),
        "#include <stdint.h>\n",
        fixed_point(functions),
        _tensors(network),
        functions,
        _network(network),
        programs(network, box),
    ]
    return "\n".join(part for part in parts if part).encode("ascii")


def _head(network: EmittedNetwork, box: ClassBox | None) -> str:
    """The comment that opens the file: what it is and what it asserts."""
    left_out = ["The property is on the logits: the softmax behind them is left out."]
    if network.logits.index in network.model.outputs:
        left_out = []
    claim = (
        "MENDLITE_PROPERTY(logits), given by -D, for every input"
        if box is None
        else f"the top-1 class is {box.top} for every input within {remark(box.origin)}"
    )
    lines = [
        f"An int8 network in integer C, rounding profile {network.profile.value}.",
        f"Model: sha256 {network.model.sha256}.",
        f"Asserted: {claim}.",
        *left_out,
        "Use: cbmc FILE; esbmc -D__ESBMC__ FILE; or cc -std=c99 -DMENDLITE_RUN FILE, a program",
        "that reads raw int8 samples from stdin and writes their logits.",
    ]
    return "/* " + "\n * ".join(lines) + "\n */\n"


def _tensors(network: EmittedNetwork) -> str:
    """The arrays between the operators, the input first."""
    shown: dict[str, str] = {}
    for index, name in network.arrays.items():
        tensor = network.model.tensors[index]
        words = f"{'x'.join(map(str, tensor.shape))} {remark(tensor.name)[:NAME]}"
        shown.setdefault(name, f"static int8_t {name}[{tensor.elements}]; /* {words} */\n")
    return shown.pop(INPUT) + "".join(shown.values())


def _function(node: Node, piece: Piece) -> str:
    body = "\n".join(indented(piece.body))
    return "\n".join((*piece.constants, f"static void {node.prefix}(void) {{\n{body}\n}}\n"))


def _network(network: EmittedNetwork) -> str:
    calls = "".join(f"  {node.prefix}();\n" for node in network.nodes)
    return f"static void mendlite_network(void) {{\n{calls}}}\n"
