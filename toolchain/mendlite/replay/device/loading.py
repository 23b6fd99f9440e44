"""A model opened on a board, and the message where the board does not open it."""

from __future__ import annotations

import zlib

from mendlite.errors import DeviceError, MendliteError, UnsupportedModelError
from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.operator_kinds import DENSIFY, FRAME_BY_FRAME, WHOLE_CONSTANTS
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.replay.device.client import Client
from mendlite.replay.device.lacks import engine_lacks
from mendlite.wire import messages
from mendlite.wire.messages import Loaded, ModelSource, Request, Status

PROFILES = {Profile.TFLITE_REF: 0, Profile.TFLM: 1, Profile.SINGLE: 2, Profile.TFLM_2026_10: 3}
"""Their numbers on the wire."""


OWN_ENGINE = "mendlite-int8"
"""The name of mendlite's own engine; another one is TFLite Micro's."""


class NoRoomError(DeviceError):
    """The board has too little memory for the model's arena."""


def require_runnable(client: Client, address: str, model: Model) -> None:
    """Raise UnsupportedModelError where the engine lacks what a model needs.

    Before anything is written: kernels, int4 weights, and variables.
    """
    if client.hello.engine == OWN_ENGINE:
        _require_kernels(client, address, model)
    if model.keeps_frames and messages.Capability.STATE not in client.hello.capabilities:
        raise UnsupportedModelError(
            f"{address}: its engine {client.hello.engine} keeps no variables from frame to frame "
            f"({_what_it_keeps(model)}); build this version's firmware (make firmware)"
        )
    if messages.Capability.INT4 in client.hello.capabilities:
        return
    for operator in model.operators:
        if _weights(model, operator) is DType.INT4:
            raise UnsupportedModelError(
                f"{address}: its engine {client.hello.engine} runs no int4 weights, which operator "
                f"{operator.index} {operator.op} has; build this version's firmware (make firmware)"
            )


def _what_it_keeps(model: Model) -> str:
    """The first variable, or operator with a state of its own, of a model that has one."""
    if model.variables:
        return f"variable '{model.variables[0].name}'"
    operator = next(o for o in model.operators if o.op in FRAME_BY_FRAME)
    return f"the state of operator {operator.index} {operator.op}"


def _require_kernels(client: Client, address: str, model: Model) -> None:
    lack = next(engine_lacks(model), None)
    if lack is not None:
        sparse = lack.operator.op == DENSIFY
        instead = WHOLE_CONSTANTS if sparse else "mendlite's kernels on the host do"
        raise UnsupportedModelError(
            f"{address}: its engine {client.hello.engine} runs no {lack.why}, operator "
            f"{lack.operator.index}; {instead}"
        )


def _weights(model: Model, operator: Operator) -> DType | None:
    """The type of a layer's weights; None for other operators."""
    places = operator.inputs[1:2] if operator.op in LAYER_OPS else ()
    return next((model.tensors[t].dtype for t in places if t >= 0), None)


def _types(model: Model, operator: Operator) -> str:
    """What about a layer's types an engine may not run."""
    weights = _weights(model, operator)
    if weights is None:
        return ""
    plain = weights in (DType.INT8, DType.FLOAT32)
    named = "" if plain else f" with {weights.value.lower()} weights"
    given = [model.tensors[t].dtype for t in operator.inputs if t >= 0]
    hybrid = DType.FLOAT32 in given[:1]
    return named + (" under a float input" if hybrid else "")


def open_model(
    client: Client, address: str, model: Model, profile: Profile, source: ModelSource
) -> Loaded:
    """What the board at ``address`` says of a model that lies at ``source``.

    Raises DeviceError where it holds another model or has too little memory, UnsupportedModelError
    where its engine does not run this one.
    """
    data = model.data
    request = messages.load_request(source, PROFILES[profile], len(data), zlib.crc32(data))
    answer = client.ask(Request.LOAD, request, "opening the model")
    if answer.status is Status.BAD_REQUEST:
        raise DeviceError(
            f"{address}: its firmware is older than the profile {profile.value}; flash this "
            "version's (make firmware), or choose another profile"
        )
    if answer.status is Status.WRONG_STATE:
        raise DeviceError(
            f"{address}: no model is on the board (its flash is erased there); flash "
            f"{model.sha256[:12]} first, or upload it"
            if source is ModelSource.FLASH
            else f"{address}: the uploaded model is gone from the board; upload it again"
        )
    if answer.status is Status.NO_ROOM:
        raise DeviceError(
            f"{address}: the model has {len(data)} bytes, the flash for it {client.hello.flash}"
        )
    if answer.status is Status.BAD_CHECKSUM:
        raise DeviceError(
            f"{address}: another model is on the board than {model.sha256[:12]}; flash this one "
            "first, or upload it"
        )
    loaded = messages.read_loaded(client.require(answer, "opening the model").payload)
    if loaded.status is not Status.OK:
        raise _not_opened(client, address, model, loaded)
    return loaded


def _not_opened(client: Client, address: str, model: Model, loaded: Loaded) -> MendliteError:
    hello = client.hello
    if loaded.status is Status.NO_ROOM:
        return NoRoomError(
            f"{address}: the model's arena does not fit into its {hello.memory} bytes of memory"
        )
    place = ""
    if loaded.failed_operator >= 0:
        operator = model.operators[loaded.failed_operator]
        place = f" at operator {operator.index} {operator.op}{_types(model, operator)}"
    return UnsupportedModelError(
        f"{address}: its engine {hello.engine} does not run this model{place} "
        f"({loaded.status.name})"
    )
