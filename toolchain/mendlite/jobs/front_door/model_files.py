"""Which of the files that a user names is the float model, and which the int8 model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from mendlite.reading.limited import shown
from mendlite.tflite.reader import read_file
from mendlite.tflite.support import require_repairable

INTEGERS = frozenset({DType.INT4, DType.INT8, DType.UINT8, DType.INT16})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The two models with their paths; the float one may be lost."""

    float_path: Path | None
    float_model: Model | None
    int8_path: Path
    int8: Model

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that are there."""
        return tuple(path for path in (self.float_path, self.int8_path) if path is not None)


def is_quantized(model: Model) -> bool:
    """Whether any tensor of the model is stored in integers with a scale."""
    return any(
        t.blocks is not None or (t.quant is not None and t.dtype in INTEGERS) for t in model.tensors
    )


def _require_signature(paths: Sequence[Path], signature: str) -> None:
    """Raise BadInputError where none of the files has a signature of this name."""
    for path in paths[:-1]:
        with suppress(BadInputError):
            read_file(path, signature)
            return
    read_file(paths[-1], signature)


def tell_apart(paths: Sequence[Path], signature: str | None = None) -> ModelFiles:
    """The float and the int8 model among one or two files, in any order.

    ``signature`` selects a model in files that hold several.

    Raises BadInputError where a file is no .tflite or none that mendlite repairs, and where the
    files are two of one kind or more than two.
    """
    if len(paths) > 2:
        raise BadInputError(
            f"{len(paths)} model files are named ({', '.join(map(shown, paths))}): a repair takes "
            "one int8 file and its float file; samples follow `data`"
        )
    models = [read_file(path, signature, only_of_several=len(paths) > 1) for path in paths]
    if signature is not None and all(model.signature is None for model in models):
        _require_signature(paths, signature)
    quantized = [is_quantized(model) for model in models]
    if all(quantized) and len(paths) == 2:
        raise BadInputError(
            f"{shown(paths[0])} and {shown(paths[1])} are both quantized: name one int8 file, and "
            "the float32 file that the converter writes without optimizations"
        )
    if not any(quantized):
        raise BadInputError(_no_int8(paths))
    place = quantized.index(True)
    try:
        require_repairable(models[place])
    except BadInputError as error:
        raise type(error)(f"{shown(paths[place])}: {error}") from error
    other = 1 - place if len(paths) == 2 else None
    return ModelFiles(
        float_path=None if other is None else paths[other],
        float_model=None if other is None else models[other],
        int8_path=paths[place],
        int8=models[place],
    )


def _no_int8(paths: Sequence[Path]) -> str:
    if len(paths) == 1:
        return f"{shown(paths[0])} is a float model: name the int8 file that was made from it, too"
    twice = paths[0].resolve() == paths[1].resolve()
    what = (
        f"{shown(paths[0])} is named twice and is"
        if twice
        else (f"{shown(paths[0])} and {shown(paths[1])} are both")
    )
    model = "a float model" if twice else "float models"
    return f"{what} {model}: name the int8 file and the float file that it was made from"
