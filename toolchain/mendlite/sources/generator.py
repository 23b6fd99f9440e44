"""Samples from a Python function: the ``representative_dataset`` that a converter was given.

It yields one array for each input of the model, with the batch as the first axis: in a list, by
name in a dict, or in a pair (inputs, labels). Samples pass one at a time; only those that are drawn
are kept. The function runs again where too much came by to keep, and must then yield the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.limited import MEGABYTE, shown
from mendlite.sources.arrays import described
from mendlite.sources.bounds import require_finite_rows, require_loadable
from mendlite.sources.source import Rows
from mendlite.sources.spec import DataSpec
from mendlite.sources.text_lists import names_among
from mendlite.sources.yielded import Sample, samples_of, stacked

MOST = 100_000
"""Most samples that a function may yield: one that does not end is an error, not a long wait."""

KEPT = 512 * MEGABYTE
"""Bytes of samples that are kept, so that the function runs once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What one run of the function yielded; ``kept`` is what was drawn, None if that is much."""

    count: int
    digest: str
    kept: tuple[Sample, ...] | None


@dataclass(kw_only=True)
class GeneratorSource:
    """The samples that a function yields; ``where`` is ``module:function``."""

    where: str
    function: Callable[[], Any]
    spec: DataSpec
    _passed: Passed | None = field(default=None, init=False)

    @property
    def class_names(self) -> tuple[str, ...]:
        """As the user named them."""
        return self.spec.class_names

    @property
    def files(self) -> tuple[Path, ...]:
        """None: what a function reads is its own affair."""
        return ()

    @property
    def count(self) -> int:
        """Number of samples that it yields."""
        return self._first_pass().count

    @property
    def digest(self) -> str:
        """The sha256 of all samples, in hex."""
        return self._first_pass().digest

    def load(self, rows: Rows) -> LoadedData:
        """The samples at ``rows`` (see ``DataSource``)."""
        passed, rows = self._first_pass(), np.asarray(rows, np.int64)
        if rows.size == 0 or rows.min() < 0 or rows.max() >= passed.count:
            raise BadInputError(f"{self.where}: rows that are not in 0 ... {passed.count - 1}")
        if passed.kept is not None:
            return self._loaded([passed.kept[int(row)] for row in rows], rows)
        wanted = {int(row) for row in rows}
        again = self._pass(lambda number: number in wanted, keep=True)
        if again.digest != passed.digest:
            raise BadInputError(
                f"{self.where} yields other samples each time it runs: give its random numbers a "
                "fixed seed"
            )
        order = {row: place for place, row in enumerate(sorted(wanted))}
        kept = again.kept or ()
        return self._loaded([kept[order[int(row)]] for row in rows], rows)

    def sample(self, count: int, seed: int) -> LoadedData:
        """``count`` samples drawn by ``seed`` (see ``DataSource``)."""
        order = np.random.default_rng(seed).permutation(self.count)
        return self.load(np.sort(order[:count]).astype(np.int64))

    def _first_pass(self) -> Passed:
        if self._passed is None:
            self._passed = self._pass(lambda _: True, keep=False)
        return self._passed

    def _pass(self, is_drawn: Callable[[int], bool], *, keep: bool) -> Passed:
        """Run the function once; ``keep`` those that are drawn however large, else while small."""
        digest, kept, size, number = sha256(), [], 0, 0
        for sample in self._samples():
            if number == MOST:
                raise BadInputError(
                    f"{self.where} yields more than {MOST} samples: does it end? let it yield some "
                    "hundred"
                )
            sample.add_to(digest)
            if is_drawn(number) and (keep or size <= KEPT):
                size += sample.size
                require_loadable(self.where, 1, (size,), 1)
                kept.append(sample)
            number += 1
        if number == 0:
            raise BadInputError(f"{self.where} yields nothing")
        whole = keep or size <= KEPT
        return Passed(count=number, digest=digest.hexdigest(), kept=tuple(kept) if whole else None)

    def _samples(self) -> Iterator[Sample]:
        with running(self.where):
            yielded = iter(self.function())
        first: Sample | None = None
        while True:
            with running(self.where):
                item = next(yielded, self)
            if item is self:
                return
            for sample in samples_of(self.where, item, self.spec.input_count, self.spec.inputs):
                first = first or sample
                sample.require_like(self.where, first)
                yield sample

    def _loaded(self, samples: list[Sample], rows: Rows) -> LoadedData:
        arrays, labels = stacked(samples)
        for values in arrays:
            require_finite_rows(self.where, values, rows)
        names = samples[0].names
        return LoadedData(
            arrays=arrays,
            names=names,
            rows=rows,
            total=self.count,
            labels=labels,
            label_origin="" if labels is None else f"yielded by {self.where}",
            class_names=self.class_names or (() if labels is None else names_among(labels)),
            described=f"{described(arrays, names)}, yielded by {self.where}",
        )


@contextmanager
def running(where: str) -> Iterator[None]:
    """Run the user's code: what it prints goes to stderr, what it raises becomes one line."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except BadInputError:
        raise
    except (Exception, SystemExit) as error:
        text = shown(" ".join(str(error).split()))
        raise BadInputError(
            f"{where} raises {type(error).__name__}{f': {text}' if text else ''}"
        ) from error


def open_generator(word: str, spec: DataSpec, folder: Path) -> GeneratorSource:
    """The function that ``module:function`` names, its module looked up in ``folder`` first.

    Raises BadInputError where code may not run, where the module cannot be imported, and where it
    has no such function.
    """
    where = shown(word)
    if not spec.allow_code:
        raise BadInputError(
            f"{where} is Python code, which a target does not run by itself: look at it, then "
            "allow it by `allow_code`"
        )
    name, _, function = word.partition(":")
    with running(where), _found_in(folder):
        module = import_module(name)
    value = getattr(module, function, None)
    if not callable(value):
        raise BadInputError(f"{where}: module {shown(name)} has no function {shown(function)}")
    return GeneratorSource(where=where, function=value, spec=spec)


@contextmanager
def _found_in(folder: Path) -> Iterator[None]:
    """Imports look into ``folder`` first."""
    place = str(folder.resolve())
    sys.path.insert(0, place)
    try:
        yield
    finally:
        if place in sys.path:
            sys.path.remove(place)
