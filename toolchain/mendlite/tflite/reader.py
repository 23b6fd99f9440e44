"""Read a ``.tflite``: bytes → Model."""

from __future__ import annotations

import struct
from hashlib import sha256
from pathlib import Path

from mendlite.errors import MalformedModelError, MendliteError, UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import STATEFUL
from mendlite.model.tensor import Tensor
from mendlite.model.variables import UNKNOWN, Variable
from mendlite.reading.limited import MODEL, read_limited, shown
from mendlite.tflite.block_scales import with_block_scales
from mendlite.tflite.buffers import behind_notes, places_of
from mendlite.tflite.layers import find_layers, require_bias_types
from mendlite.tflite.operators import read_operators, require_order
from mendlite.tflite.scales import require_scales
from mendlite.tflite.signatures import Chosen, choose, other_subgraphs, shared_reasons
from mendlite.tflite.sparse import sparse_notes
from mendlite.tflite.stored_floats import with_stored_floats
from mendlite.tflite.support import reasons
from mendlite.tflite.tensors import axis_notes, read_tensors, text, with_empty_constants
from mendlite.tflite.variables import (
    find_variables,
    initialising_subgraphs,
    read_initialisers,
)
from mendlite.tflite.verified_table import VerifiedTable, root
from mendlite.tflite.verify_flatbuffer import verify_flatbuffer

SCHEMA_VERSION = 3
LARGEST = 2**31 - 1


def read(data: bytes, signature: str | None = None, *, only_of_several: bool = False) -> Model:
    """Parse one subgraph of a ``.tflite``: that of the ``signature``, or the first.

    ``only_of_several``: a file with one model is read whatever its signature's name is. Raises
    BadInputError where the file has several signatures and none is named, or not the named one,
    MalformedModelError, with the place, for a file that breaks its own format, and
    UnsupportedModelError for one whose tensors cannot be described.
    """
    if len(data) > LARGEST:
        raise MalformedModelError("the file is over 2 GB")
    verify_flatbuffer(data)
    return read_verified(data, signature, only_of_several=only_of_several)


def read_verified(
    data: bytes, signature: str | None = None, *, only_of_several: bool = False
) -> Model:
    """``read`` of bytes whose offsets were verified: a file's own, or those with other values.

    Values of a tensor's vectors lie where no offset does (``verify_flatbuffer``). Everything else
    is checked again.
    """
    raw = root(data)
    version = raw.scalar("version", "I")
    if version != SCHEMA_VERSION:
        raise MalformedModelError(f"schema version {version}, not {SCHEMA_VERSION}")
    if not raw.vector("subgraphs")[1]:
        raise MalformedModelError("the file has no subgraph")
    try:
        return _model(data, raw, choose(raw, signature, only_of_several=only_of_several))
    except (struct.error, ValueError, IndexError, TypeError, OverflowError) as error:
        raise MalformedModelError(f"the file cannot be read ({error})") from error


def _model(data: bytes, raw: VerifiedTable, chosen: Chosen) -> Model:
    subgraphs, places = raw.children("subgraphs"), places_of(raw)
    subgraph = subgraphs[chosen.subgraph]
    raw_tensors = subgraph.children("tensors")
    main = len(raw_tensors)
    operators = read_operators(raw, subgraph, main)
    initialising = initialising_subgraphs(operators, len(subgraphs), chosen.subgraph)
    own = (chosen.subgraph, *initialising)
    others = other_subgraphs(raw, own, places)
    raw_tensors += [t for number in initialising for t in subgraphs[number].children("tensors")]
    tensors = with_block_scales(raw_tensors, read_tensors(raw_tensors, places, others.users))
    inputs = _ends(subgraph.integers("inputs"), main, "input")
    outputs = _ends(subgraph.integers("outputs"), main, "output")
    require_order(tensors, operators, inputs)
    require_scales(raw_tensors, tensors, operators)
    require_bias_types(tensors, operators)
    tensors = with_stored_floats(with_empty_constants(tensors, operators, inputs), operators)
    layers = find_layers(tensors, operators)
    variables, why_not = _variables(raw, tensors, operators, initialising, main)
    why_not += shared_reasons(raw_tensors, own, others)
    return Model(
        data=data,
        sha256=sha256(data).hexdigest(),
        version=SCHEMA_VERSION,
        description=text(raw.text("description")),
        tensors=tensors,
        operators=operators,
        layers=layers,
        inputs=inputs,
        outputs=outputs,
        unsupported=(*why_not, *reasons(tensors, operators, layers, others.count)),
        notes=(
            *axis_notes(raw_tensors, tensors),
            *behind_notes(raw),
            *sparse_notes(operators),
        ),
        variables=variables,
        frames=UNKNOWN if variables else 1,
        subgraph=chosen.subgraph,
        signature=chosen.signature,
    )


def _variables(
    raw: VerifiedTable,
    tensors: tuple[Tensor, ...],
    operators: tuple[Operator, ...],
    initialising: tuple[int, ...],
    main: int,
) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    """The variables, or why the model's state is of a form that mendlite does not run."""
    if not any(operator.op in STATEFUL for operator in operators):
        return (), ()
    try:
        initialisers = read_initialisers(raw, initialising, main)
        return find_variables(tensors, operators, initialisers), ()
    except UnsupportedModelError as error:
        return (), (str(error),)


def _ends(indices: tuple[int, ...], tensors: int, what: str) -> tuple[int, ...]:
    if not indices:
        raise MalformedModelError(f"the graph has no {what}")
    for index in indices:
        if not 0 <= index < tensors:
            raise MalformedModelError(f"graph {what}: tensor {index} does not exist")
    return indices


def read_file(path: Path, signature: str | None = None, *, only_of_several: bool = False) -> Model:
    """Read the file at ``path``, as ``read``; every error begins with the path."""
    data = read_limited(path, MODEL)
    try:
        return read(data, signature, only_of_several=only_of_several)
    except MendliteError as error:
        raise type(error)(f"{shown(path)}: {error}") from error
