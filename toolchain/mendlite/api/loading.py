"""Samples of any form of data, as the API's parameters name them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mendlite.model.loaded_data import LoadedData
from mendlite.sources.generator import GeneratorSource
from mendlite.sources.opening import open_data
from mendlite.sources.source import DataSource
from mendlite.sources.spec import DataSpec

PathLike = str | os.PathLike[str]


def loaded(
    paths: Sequence[PathLike], given: Mapping[str, Any], count: int | None = None, seed: int = 0
) -> LoadedData:
    """Samples at these paths: all, or ``count`` drawn by ``seed``.

    ``given`` are fields of a DataSpec; those that are None are left out. Raises BadInputError as
    ``open_data`` does.
    """
    known = {name: value for name, value in given.items() if value is not None}
    for name in ("labels", "classes"):
        if name in known:
            known[name] = os.fspath(known[name])
    words = tuple(os.fspath(path) for path in paths)
    spec = DataSpec(words=words, allow_code=True, **known)
    return _sample(open_data(spec, root=Path(), allow_outside=True), count, seed)


def yielded(function: Callable[[], Any] | str, count: int | None, seed: int) -> LoadedData:
    """Samples that a function, or the one of this name, yields."""
    if isinstance(function, str):
        return loaded([function], {}, count, seed)
    name = getattr(function, "__name__", type(function).__name__)
    source = GeneratorSource(where=name, function=function, spec=DataSpec(words=(name,)))
    return _sample(source, count, seed)


def _sample(source: DataSource, count: int | None, seed: int) -> LoadedData:
    return source.sample(source.count if count is None else count, seed)
