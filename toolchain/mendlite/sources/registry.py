"""The forms of data, a row each: what opens them and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.sources.archive import open_archive_file
from mendlite.sources.arrays import open_arrays
from mendlite.sources.folder import FileSet
from mendlite.sources.forms import PICTURE, RECORDING
from mendlite.sources.hdf5 import open_hdf5
from mendlite.sources.images import open_images
from mendlite.sources.recordings import open_recordings
from mendlite.sources.records import open_records
from mendlite.sources.source import Labels, Reader
from mendlite.sources.spec import DataSpec
from mendlite.sources.table import open_table


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyForm:
    """Files of many samples each: what to call them, and what opens them.

    There may be ``several`` files, and ``named`` arrays to choose from by ``inputs``.
    """

    what: str
    open: Callable[[Sequence[Path], DataSpec], tuple[Reader, Labels | None]]
    several: bool = False
    named: bool = True


MANY: Mapping[str, ManyForm] = {
    "array": ManyForm(what=".npy", open=open_arrays, several=True),
    "archive": ManyForm(what=".npz", open=open_archive_file),
    "table": ManyForm(what=".csv or .tsv", open=open_table, several=True, named=False),
    "records": ManyForm(what=".tfrecord", open=open_records, several=True),
    "hdf5": ManyForm(what=".h5", open=open_hdf5),
}
"""By the form that ``forms.form_of`` finds."""

IMAGES, RECORDINGS = ("image_size", "channels"), (
    "sample_rate", "window", "stride", "front_end",
)  # fmt: skip
READ: Mapping[str, tuple[str, ...]] = {
    PICTURE: IMAGES,
    RECORDING: RECORDINGS,
    "table": ("columns",),
    "records": IMAGES,
}
"""Fields of a DataSpec that only some forms read, by form."""

BELONG = {
    **dict.fromkeys(IMAGES, "images"),
    **dict.fromkeys(RECORDINGS, "WAV files"),
    "columns": "tables",
}


def require_read(where: str, form: str, spec: DataSpec) -> None:
    """Raise BadInputError for a field that has no effect on files of this form."""
    for name, owner in BELONG.items():
        if getattr(spec, name) not in {None, ()} and name not in READ.get(form, ()):
            raise BadInputError(f"{where}: `{name}` has no effect: it is for {owner}")


ONE_EACH: Mapping[str, Callable[[FileSet, DataSpec], Reader]] = {
    PICTURE: open_images,
    RECORDING: open_recordings,
}
"""Files that are one sample each."""
