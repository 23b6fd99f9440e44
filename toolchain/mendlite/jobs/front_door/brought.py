"""What a user brings, as the rooms that open and understand it take it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.errors import BadInputError
from mendlite.jobs.front_door.model_files import ModelFiles
from mendlite.jobs.front_door.options import DataOptions
from mendlite.sources.spec import DataSpec
from mendlite.understanding.asked import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Model files, the words that name the data, and what the user decided about both.

    ``pin`` writes digests of the files into the target.
    """

    name: str
    models: ModelFiles
    words: tuple[str, ...]
    options: DataOptions
    allow_other_network: bool = False
    pin: bool = False

    @property
    def spec(self) -> DataSpec:
        """The data as ``sources`` takes it, paths relative to the present folder."""
        given = self.options
        return DataSpec(
            words=self.words,
            labels=given.labels or "",
            classes=given.classes or "",
            inputs=given.inputs or (),
            columns=given.columns or (),
            image_size=_size(given.image_size),
            channels=given.channels,
            sample_rate=given.sample_rate,
            window=given.window,
            stride=given.stride,
            front_end=given.front_end,
            input_count=len(self.models.int8.inputs),
            allow_code=True,
        )

    def asked(self, class_names: tuple[str, ...]) -> Asked:
        """The decisions as ``understanding`` takes them; class names where the user gave them."""
        names = class_names if self.options.classes else ()
        asked = asked_of(self.options, allow_other_network=self.allow_other_network)
        return replace(asked, classes=names)


def asked_of(given: DataOptions, *, allow_other_network: bool) -> Asked:
    """The decisions about task and feeding, without class names."""
    return Asked(
        task=given.task,
        threshold=given.threshold,
        tolerance=given.tolerance,
        subtract=_numbers(given.subtract),
        multiply=_numbers(given.multiply),
        int8=given.int8,
        raw_offset=given.raw_offset,
        layout=given.layout,
        inputs=given.inputs or (),
        label_offset=given.label_offset,
        teacher=given.teacher,
        allow_other_network=allow_other_network,
    )


def _size(given: tuple[int, ...] | None) -> tuple[int, int] | None:
    if given is None:
        return None
    sides = given * 2 if len(given) == 1 else given
    if len(sides) != 2 or min(sides) < 1:
        raise BadInputError(f"`image_size` is a height and a width in pixels, not {list(given)}")
    return sides[0], sides[1]


def _numbers(given: tuple[float, ...] | None) -> float | list[float] | None:
    """One number alone, or a list of one a channel."""
    return given[0] if given is not None and len(given) == 1 else None if not given else list(given)
