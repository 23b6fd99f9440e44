"""``target.toml`` field by field (targets/README.md describes it for users)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import msgspec
from msgspec import Meta, Struct, field

from mendlite.case.gate import Gate
from mendlite.case.recipe import Preprocessing, Recipe, TaskSettings, Teacher
from mendlite.model.option import Option, options_of
from mendlite.model.repair_options import RepairOptions
from mendlite.sources.front_end import FrontEnd

Count = Annotated[int, Meta(ge=1)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table: unknown keys are errors."""


class ModelFile(Table, frozen=True, kw_only=True):
    """A model file. ``path`` is filled in when the target is loaded."""

    file: str
    sha256: Digest | None = None
    path: Path = Path()


class Models(Table, frozen=True, kw_only=True):
    """The float model (left out: it is lost) and the int8 model that was made from it."""

    float: ModelFile | None = None
    int8: ModelFile


class Jpeg(Table, frozen=True, kw_only=True):
    """Samples that are JPEG files one after the other in one byte array.

    ``offsets`` names the array of n + 1 offsets; ``size`` is [height, width] to resize to
    (left out: as decoded), with Pillow's ``filter``.
    """

    offsets: str
    size: tuple[Count, Count] | None = None
    filter: Literal["nearest", "bilinear", "bicubic", "lanczos"] = "bilinear"


class Frames(Table, frozen=True, kw_only=True):
    """Samples that are windows of a raw little-endian float32 recording.

    Each takes ``window`` values and begins ``stride`` after the one before.
    """

    window: Count
    stride: Count


class Grid(Table, frozen=True, kw_only=True):
    """Samples that are computed: ``count`` evenly spaced values in [low, high], one a sample."""

    low: float
    high: float
    count: Count


class Source(Table, frozen=True, kw_only=True):
    """Samples of one origin.

    An ``.npz`` file with the arrays of the ``inputs`` in the model's order, ``labels`` and, for a
    float model that is lost, its recorded ``outputs``; or a raw recording cut into ``frames``;
    or a ``grid``, which needs no file. Or ``paths``: folders, files and globs of any form that
    ``sources`` reads, or one ``module:function``; ``labels`` may then be a file's path, and
    ``columns`` to ``front_end`` are those of ``sources.spec.DataSpec``.
    """

    file: str | None = None
    paths: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    labels: Annotated[str, Meta(min_length=1)] | None = None
    outputs: list[str] = field(default_factory=list)
    sha256: Digest | None = None
    jpeg: Jpeg | None = None
    frames: Frames | None = None
    grid: Grid | None = None
    columns: list[str] = field(default_factory=list)
    image_size: tuple[Count, Count] | None = None
    channels: Annotated[int, Meta(ge=1, le=4)] | None = None
    sample_rate: Count | None = None
    window: Count | None = None
    stride: Count | None = None
    front_end: FrontEnd | None = None
    path: Path = Path()


class Draw(Table, frozen=True, kw_only=True):
    """Samples of one set.

    ``source`` ("from" in the file) names a data table. ``rows`` = [begin, end] takes these rows in
    their order; else ``count`` samples are drawn by the seed (left out: all that no other set
    takes). Sets that draw from one source never overlap.
    """

    source: str = field(name="from")
    rows: tuple[Annotated[int, Meta(ge=0)], Count] | None = None
    count: Count | None = None


class SampleSplit(Table, frozen=True, kw_only=True):
    """The three disjoint sets."""

    repair: Draw
    selection: Draw
    validation: Draw


def _toml_type(option: Option) -> Any:
    """The type of a key that stands for an option; None where it is left out."""
    kinds: dict[type, Any] = {
        tuple: list[str],
        int: Annotated[int, Meta(ge=option.info.at_least)],
        float: Annotated[float, Meta(gt=option.info.above)],
    }
    kind = Literal[option.choices] if option.choices else kinds.get(option.kind, option.kind)
    return Optional[kind]  # noqa: UP045 - the kind is a value here


if TYPE_CHECKING:
    OptionKeys = Table
else:
    # A key for each option of a repair (``model/repair_options.py``).
    OptionKeys = msgspec.defstruct(
        "OptionKeys",
        [(o.key, _toml_type(o), None) for o in options_of(RepairOptions) if o.info.in_toml],
        bases=(Table,),
        frozen=True,
        kw_only=True,
    )


class RepairDefaults(OptionKeys, frozen=True, kw_only=True):
    """What ``mendlite repair`` does where the command line does not say.

    ``allow_other_network`` accepts a float model that the int8 file was not made from.
    """

    allow_other_network: bool = False
    strategy: str | None = None


class DeviceTable(Table, frozen=True, kw_only=True):
    """What the target expects of its device.

    ``equal``: its outputs must be the host's, byte by byte (else exit code 6). ``replay``
    "device": spectra, the layers' inputs and every judgement come from the board itself.
    """

    equal: bool = False
    replay: Literal["host", "device"] = "host"


NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z"
"""A target's name, which is also that of the folder of its results."""

LONGEST_NAME = 200
"""Characters: a folder's name may have 255 bytes, and results append to it."""


class Target(Table, frozen=True, kw_only=True):
    """A whole ``target.toml``.

    ``root`` selects what paths are relative to: the file's own folder ("here"), one above it
    ("..", "../..") or ``$MENDLITE_DATA`` ("data"). ``origin`` states where missing data comes
    from. ``label_offset`` is added to the labels to get the model's class index, ``class_names``
    are the names of the model's classes by index. ``teacher`` selects what the int8 model should
    follow: the float model, the labels, or recorded outputs of the float model. ``signature`` is
    the model to use of files that hold several.
    """

    name: Annotated[str, Meta(pattern=NAME, max_length=LONGEST_NAME)]
    description: str
    origin: str = ""
    root: Annotated[str, Meta(pattern=r"^(here|data|\.\.(/\.\.)*)$")] = "here"
    label_offset: int = 0
    class_names: list[str] = field(default_factory=list)
    teacher: Teacher = "float"
    signature: str | None = None
    task: TaskSettings = field(default_factory=TaskSettings)
    models: Models
    data: dict[str, Source]
    samples: SampleSplit
    inputs: tuple[Preprocessing, ...] = (Preprocessing(),)
    repair: RepairDefaults = field(default_factory=RepairDefaults)
    gate: Gate = field(default_factory=Gate)
    device: DeviceTable = field(default_factory=DeviceTable)

    @property
    def recipe(self) -> Recipe:
        """How the target's tests are made."""
        return Recipe(teacher=self.teacher, task=self.task, inputs=self.inputs)


def parse(text: bytes) -> Target:
    """Decode TOML; raises msgspec.DecodeError or msgspec.ValidationError."""
    return msgspec.toml.decode(text, type=Target)
