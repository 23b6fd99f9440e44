"""Samples as arrays, and where they come from: folders, files and functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mendlite.api.given_arrays import Arrays, input_arrays, label_array
from mendlite.api.loading import PathLike, loaded, yielded
from mendlite.errors import BadInputError
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.npz import read_npz
from mendlite.sources.front_end import FrontEnd
from mendlite.sources.text_lists import names_among


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Dataset:
    """n samples: an array (n, ...) for each model input, as stored, before preprocessing.

    ``labels`` are class indices [n] as the model counts them, names [n], or what the task compares
    with [n, ...]. ``outputs`` are recorded outputs of a float model that is lost, one array a model
    output. ``class_names`` are the names of the classes by index (left out: of labels that are
    names, those in the labels, sorted), ``names`` those of the arrays, by which each finds its
    input of the model (left out: by shape and order). Raises BadInputError for arrays that hold no
    numbers, or not as many rows each.

    >>> import numpy, mendlite
    >>> len(mendlite.Dataset(numpy.zeros((4, 8, 8)), labels=numpy.array([0, 1, 2, 1])))
    4
    """

    inputs: tuple[NDArray[Any], ...]
    labels: NDArray[Any] | None
    outputs: tuple[NDArray[Any], ...]
    class_names: tuple[str, ...]
    names: tuple[str, ...]

    def __init__(
        self,
        inputs: Arrays,
        labels: NDArray[Any] | None = None,
        outputs: Arrays = (),
        class_names: Sequence[str] = (),
        names: Sequence[str] = (),
    ) -> None:
        """Samples from arrays."""
        if not class_names and isinstance(labels, np.ndarray):
            class_names = names_among(labels)
        object.__setattr__(self, "class_names", tuple(class_names))
        object.__setattr__(self, "inputs", input_arrays("samples", inputs))
        object.__setattr__(self, "names", tuple(names) or ("",) * len(self.inputs))
        object.__setattr__(self, "labels", label_array(labels, self.class_names))
        object.__setattr__(self, "outputs", input_arrays("outputs", outputs))
        if not self.inputs:
            raise BadInputError("`samples` holds no array: pass one for each model input")
        for name, values in self._named():
            if len(values) != len(self):
                raise BadInputError(
                    f"`{name}` has {len(values)} rows, and the first input has {len(self)}"
                )

    @staticmethod
    def from_npz(
        path: str | os.PathLike[str],
        inputs: str | Sequence[str] = "x",
        labels: str | None = None,
        outputs: str | Sequence[str] = (),
    ) -> Dataset:
        """Samples from the named arrays of an ``.npz``: ``inputs`` in the model's order.

        >>> import mendlite, numpy, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.npz"
        >>> numpy.savez(path, images=numpy.ones((5, 4)), classes=numpy.arange(5))
        >>> len(mendlite.Dataset.from_npz(path, inputs="images", labels="classes"))
        5
        """
        names = [[one] if isinstance(one, str) else list(one) for one in (inputs, outputs)]
        names_read = [*names[0], *([] if labels is None else [labels]), *names[1]]
        arrays = read_npz(Path(path), names_read)
        return Dataset(
            [arrays[name] for name in names[0]],
            None if labels is None else arrays[labels],
            [arrays[name] for name in names[1]],
        )

    @staticmethod
    def from_folder(
        path: PathLike,
        labels: PathLike | None = None,
        *,
        classes: PathLike | None = None,
        image_size: tuple[int, int] | None = None,
        channels: Literal[1, 3] | None = None,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Images (PNG, JPEG, BMP, PPM) or WAV files: a folder for each class, or all in one.

        ``labels`` is a list of file and label, or a label a line (left out: labels.txt or a .csv in
        the folder); ``classes`` a file with a class name a line, in the model's order (left out:
        labels.txt beside the class folders, else their names, sorted). Images are resized to
        ``image_size`` [height, width], and not turned by their EXIF orientation; ``channels``: 1 is
        grey, 3 RGB. ``count`` samples are drawn by ``seed`` (left out: all).

        >>> import mendlite, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("cat", "dog"):
        ...     _ = (folder / name).mkdir()
        ...     _ = (folder / name / "0.ppm").write_bytes(b"P6 2 1 255 " + bytes(6))
        >>> photos = mendlite.Dataset.from_folder(folder)
        >>> photos.class_names, photos.labels.tolist(), photos.inputs[0].shape
        (('cat', 'dog'), [0, 1], (2, 1, 2, 3))
        """
        given = {"image_size": image_size, "channels": channels, "classes": classes}
        return _of([path], given | {"labels": labels}, count, seed)

    @staticmethod
    def from_npy(
        path: PathLike | Sequence[PathLike],
        labels: PathLike | None = None,
        *,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Samples from an ``.npy``, or one for each input of the model; ``labels`` is a file, too.

        Only the rows that are drawn are read.

        >>> import mendlite, numpy, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> numpy.save(folder / "x.npy", numpy.ones((50, 4)))
        >>> numpy.save(folder / "y.npy", numpy.arange(50) % 3)
        >>> len(mendlite.Dataset.from_npy(folder / "x.npy", labels=folder / "y.npy", count=20))
        20
        """
        return _of(_several(path), {"labels": labels}, count, seed)

    @staticmethod
    def from_csv(
        path: PathLike | Sequence[PathLike],
        columns: Sequence[str] = (),
        labels: str | None = None,
        *,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Samples from a table (.csv, .tsv), a row each.

        ``columns`` are names, or numbers from 0 (left out: all but the label); ``labels`` is a
        column, counted from the end if negative, or a file (left out: a column with a usual name,
        or the only one of text).

        >>> import mendlite, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.csv"
        >>> rows = "left,right,label", "0.5,1,up", "2,3,down"
        >>> _ = path.write_text(chr(10).join(rows))
        >>> table = mendlite.Dataset.from_csv(path)
        >>> table.inputs[0].tolist(), table.class_names, table.labels.tolist()
        ([[0.5, 1.0], [2.0, 3.0]], ('down', 'up'), [1, 0])
        """
        given = {"columns": tuple(columns), "labels": labels}
        return _of(_several(path), given, count, seed)

    @staticmethod
    def from_wav(
        path: PathLike | Sequence[PathLike],
        labels: PathLike | None = None,
        *,
        sample_rate: int | None = None,
        window: int | None = None,
        stride: int | None = None,
        front_end: FrontEnd | None = None,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Stored values of WAV files: paths, globs, or a folder with one folder a class.

        All have ``sample_rate`` Hz. ``window`` is the number of values of a sample: shorter
        recordings are filled with zeros, longer ones cut, or divided into windows that begin
        ``stride`` values apart. ``front_end`` "micro": the features of TFLite Micro's audio front
        end, (n, windows, 40).

        >>> import mendlite, pathlib, tempfile, wave
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.wav"
        >>> with wave.open(str(path), "wb") as file:
        ...     file.setparams((1, 2, 16000, 0, "NONE", ""))
        ...     file.writeframes(bytes(2000))
        >>> mendlite.Dataset.from_wav(path, window=400, stride=200).inputs[0].shape
        (4, 400)
        """
        given = {
            "sample_rate": sample_rate, "window": window, "stride": stride, "labels": labels,
            "front_end": front_end,
        }  # fmt: skip
        return _of(_several(path), given, count, seed)

    @staticmethod
    def from_h5(
        path: PathLike,
        inputs: str | Sequence[str] = (),
        labels: str | None = None,
        *,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Samples from the datasets of an ``.h5`` file: ``inputs`` in the model's order.

        >>> import h5py, mendlite, numpy, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.h5"
        >>> with h5py.File(path, "w") as file:
        ...     file["images"], file["label"] = numpy.ones((5, 4)), numpy.arange(5)
        >>> mendlite.Dataset.from_h5(path).labels.tolist()
        [0, 1, 2, 3, 4]
        """
        return _of([path], {"inputs": _names(inputs), "labels": labels}, count, seed)

    @staticmethod
    def from_tfrecord(
        path: PathLike | Sequence[PathLike],
        inputs: str | Sequence[str] = (),
        labels: str | None = None,
        *,
        image_size: tuple[int, int] | None = None,
        channels: Literal[1, 3] | None = None,
        count: int | None = None,
        seed: int = 0,
    ) -> Dataset:
        """Samples from the features of ``tf.train.Example`` records, encoded images included.

        >>> import mendlite, pathlib, tempfile, tfrecord
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.tfrecord"
        >>> writer = tfrecord.TFRecordWriter(str(path))
        >>> writer.write({"x": ([0.5, 2.0], "float"), "label": (1, "int")})
        >>> writer.close()
        >>> mendlite.Dataset.from_tfrecord(path, inputs="x").inputs[0].tolist()
        [[0.5, 2.0]]
        """
        given = {"inputs": _names(inputs), "labels": labels, "image_size": image_size}
        return _of(_several(path), given | {"channels": channels}, count, seed)

    @staticmethod
    def from_generator(
        function: Callable[[], Any] | str, *, count: int | None = None, seed: int = 0
    ) -> Dataset:
        """Samples that a function yields: the ``representative_dataset`` of a converter.

        It yields a list with an array for each input, the batch as the first axis; or such arrays
        by name; or a pair (inputs, labels). It may be named, ``"module:function"``, and must end.

        >>> import mendlite, numpy
        >>> def representative_dataset():
        ...     for value in range(100):
        ...         yield [numpy.full((1, 4), value, numpy.float32)]
        >>> len(mendlite.Dataset.from_generator(representative_dataset, count=60))
        60
        """
        return _of_loaded(yielded(function, count, seed))

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.inputs[0])

    def __repr__(self) -> str:
        """Shapes and types, not values."""
        told = [f"{name} {v.dtype}{list(v.shape)}" for name, v in self._named()]
        return f"Dataset({', '.join(told)})"

    def _named(self) -> list[tuple[str, NDArray[Any]]]:
        named = [("samples", values) for values in self.inputs]
        named += [] if self.labels is None else [("labels", self.labels)]
        return named + [("outputs", values) for values in self.outputs]


def _several(path: PathLike | Sequence[PathLike]) -> Sequence[PathLike]:
    return [path] if isinstance(path, str | os.PathLike) else path


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _of(
    paths: Sequence[PathLike], given: Mapping[str, Any], count: int | None, seed: int
) -> Dataset:
    return _of_loaded(loaded(paths, given, count, seed))


def _of_loaded(data: LoadedData) -> Dataset:
    return Dataset(data.arrays, data.labels, class_names=data.class_names, names=data.names)
