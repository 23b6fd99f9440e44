"""What a user wrote about the data, before any of it is opened."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.sources.front_end import FrontEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSpec:
    """The words that name the data, and what they leave open.

    ``words`` are paths, globs, or one ``module:function``. ``labels`` is the path of a file of
    labels, or the name of an array, a column or a feature of the data ("": found by its usual
    name). ``classes`` is the path of a file with a class name a line, ``class_names`` the names
    themselves. ``inputs`` are arrays or features, ``columns`` the columns of a table (empty: all).
    ``image_size`` is [height, width] to resize to, ``channels`` 1 (grey) or 3 (RGB).
    ``sample_rate`` is what a recording must have, in Hz; ``window`` the values of one sample:
    shorter recordings are filled with zeros, longer ones cut, or, with ``stride``, divided into
    windows that begin ``stride`` values apart. ``front_end`` computes features of them.
    ``input_count`` is the number of the model's
    inputs, where it is known. ``allow_code`` lets a ``module:function`` run.
    """

    words: tuple[str, ...]
    labels: str = ""
    classes: str = ""
    class_names: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    sample_rate: int | None = None
    window: int | None = None
    stride: int | None = None
    front_end: FrontEnd | None = None
    input_count: int | None = None
    allow_code: bool = False
