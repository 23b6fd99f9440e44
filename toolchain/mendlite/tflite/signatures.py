"""The signatures of a file: named entries, each the beginning of a model of its own.

A ``SignatureDef`` names a subgraph. The converter writes one subgraph for each function that it is
handed; their weights may lie in the same buffers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendlite.errors import BadInputError, MalformedModelError
from mendlite.reading.names import unknown
from mendlite.tflite.buffers import Place
from mendlite.tflite.operators import read_operators
from mendlite.tflite.tensors import text
from mendlite.tflite.verified_table import VerifiedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The subgraph that is read, by the name of its signature where one was named."""

    subgraph: int
    signature: str | None


def signatures(model: VerifiedTable) -> dict[str, int]:
    """Each signature's subgraph, by name, in the file's order.

    Raises MalformedModelError for two of one name, and for a subgraph that does not exist.
    """
    count, found = model.vector("subgraphs")[1], {}
    for raw in model.children("signature_defs"):
        name, number = text(raw.text("signature_key")), int(raw.scalar("subgraph_index", "I"))
        if name in found:
            raise MalformedModelError(f"two signatures have the name '{name}'")
        if number >= count:
            raise MalformedModelError(
                f"signature '{name}' names subgraph {number}, and the file has {count}"
            )
        found[name] = number
    return found


def choose(model: VerifiedTable, name: str | None, *, only_of_several: bool = False) -> Chosen:
    """The subgraph of the signature ``name``; the first one where none is named.

    ``only_of_several``: a file with one model is read whatever its signature's name is. Raises
    BadInputError, with the file's signatures, for a name that it does not have, and where none is
    named and several stand for different subgraphs.
    """
    if name is None and model.vector("signature_defs")[1] < 2:
        return Chosen(subgraph=0, signature=None)
    known = signatures(model)
    several = len(set(known.values())) > 1
    if name is None and several:
        raise BadInputError(
            f"the file has {len(known)} signatures, each a model of its own: "
            f"{', '.join(known)}; name one by `signature`"
        )
    if name is None or (only_of_several and not several and name not in known):
        return Chosen(subgraph=0, signature=None)
    if not known:
        raise BadInputError(f"there is no signature '{name}': the file has none")
    if name not in known:
        raise BadInputError(unknown("signature", name, known))
    # The only model of a file is read as if no name were given.
    return Chosen(subgraph=known[name], signature=name if several or known[name] else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSubgraphs:
    """What a file's other subgraphs use.

    ``users`` are those that read constants at a place, in words; ``vectors`` the file offsets of
    their scales and zero-points; ``initialising`` the subgraphs that CALL_ONCE runs in them;
    ``count`` those that no signature leads to.
    """

    users: Mapping[Place, tuple[str, ...]]
    vectors: frozenset[int]
    initialising: frozenset[int]
    count: int


def other_subgraphs(
    model: VerifiedTable, own: Sequence[int], places: Sequence[Place | None]
) -> OtherSubgraphs:
    """All subgraphs but ``own``, the chosen one and those that give its variables first values."""
    subgraphs = model.children("subgraphs")
    named: dict[int, str] = {}
    if model.vector("signature_defs")[1] > 1 or own[0]:
        named = {number: f"signature '{name}'" for name, number in signatures(model).items()}
    users: dict[Place, tuple[str, ...]] = {}
    vectors, initialising = set[int](), set[int]()
    for number, raw in enumerate(subgraphs):
        if number in own:
            continue
        who = named.get(number, f"subgraph {number}")
        tensors = raw.children("tensors")
        for tensor in tensors:
            place = _place(tensor, places)
            if place is not None:
                users[place] = tuple(dict.fromkeys((*users.get(place, ()), who)))
            vectors |= _vectors(tensor)
        initialising |= _initialising(model, raw, len(tensors))
    led_to = {number for number in named if number not in own} | initialising | set(own)
    return OtherSubgraphs(
        users=users,
        vectors=frozenset(vectors),
        initialising=frozenset(initialising),
        count=len(subgraphs) - len(led_to) if len(set(named.values())) > 1 else _rest(model, own),
    )


def _rest(model: VerifiedTable, own: Sequence[int]) -> int:
    return int(model.vector("subgraphs")[1]) - len(own)


def _place(tensor: VerifiedTable, places: Sequence[Place | None]) -> Place | None:
    number = tensor.scalar("buffer", "I")
    return places[number] if number < len(places) else None


def _vectors(tensor: VerifiedTable) -> set[int]:
    """Where a tensor's scales and zero-points lie."""
    quantization = tensor.child("quantization")
    if quantization is None:
        return set()
    found = [quantization.vector(name) for name in ("scale", "zero_point")]
    return {begin for begin, count in found if count}


def _initialising(model: VerifiedTable, subgraph: VerifiedTable, tensors: int) -> set[int]:
    operators = read_operators(model, subgraph, tensors)
    numbers = [o.options.get("init_subgraph_index", 0) for o in operators if o.op == "CALL_ONCE"]
    return {number for number in numbers if isinstance(number, int)}


def shared_reasons(
    raw_tensors: Sequence[VerifiedTable], own: Sequence[int], others: OtherSubgraphs
) -> tuple[str, ...]:
    """Why a model cannot be edited without another signature's: common scales or first values."""
    reasons = []
    if any(_vectors(tensor) & others.vectors for tensor in raw_tensors):
        reasons.append("another signature's tensors have the same scale vectors in the file")
    if set(own[1:]) & others.initialising:
        reasons.append("another signature's variables begin with the same first values")
    return tuple(reasons)
