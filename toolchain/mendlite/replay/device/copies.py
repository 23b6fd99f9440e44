"""Intermediate tensors of a board whose engine shows none: it runs copies with other outputs.

As the runners of interpreters on this computer do (``tflite.outputs``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.loading import NoRoomError
from mendlite.tflite.outputs import with_outputs


def copy_with_outputs(model: Model, tensors: Sequence[int]) -> Model:
    """The model with ``tensors`` as its outputs; only the file's list of outputs is another."""
    data = with_outputs(model, tensors)
    return replace(model, data=data, sha256=sha256(data).hexdigest(), outputs=tuple(tensors))


def loaded_copies(
    board: ConnectedBoard, model: Model, profile: Profile, tensors: Sequence[int], needed: int
) -> Iterator[list[int]]:
    """The tensors in groups; while a group is yielded its copy of the model is on the board.

    Outputs are kept until a run ends, so a board may have room for some of them at a time: then a
    group is halved. ``needed`` are the bytes of all tensors and of a sample, which a group of one
    may go beyond. Raises UnsupportedModelError where the board cannot be given another model,
    NoRoomError where not even one tensor's copy fits.
    """
    if not board.can_return_tensors:
        raise UnsupportedModelError(
            f"{board.device.address}: its engine {board.hello.engine} shows no intermediate "
            "tensors and executes the model in flash: upload the model, or build the firmware "
            "with KEEP_TENSORS=1"
        )
    try:
        loaded = board.load(copy_with_outputs(model, tensors), profile)
    except NoRoomError:
        if len(tensors) == 1:
            raise
    else:
        if loaded.free >= needed or len(tensors) == 1:
            yield list(tensors)
            return
    middle = len(tensors) // 2
    for half in (tensors[:middle], tensors[middle:]):
        yield from loaded_copies(board, model, profile, half, needed)
