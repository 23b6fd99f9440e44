"""Three disjoint sets of samples: to repair on, to select by, to validate on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.samples import Samples

FEWEST = 20
"""Samples that can be split into three sets."""

MOST = 1000
"""Samples of the repair and of the selection set, where one source is split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSets:
    """Three disjoint sets.

    ``dropped`` counts repair and selection samples that were left out because their contents
    equal a sample's of another set. ``class_names`` are those of the data by class index, empty
    where the data name none.
    """

    repair: Samples
    selection: Samples
    validation: Samples
    dropped: int
    class_names: tuple[str, ...] = ()


def split_counts(samples: int) -> tuple[int, int]:
    """Repair and selection samples of so many; the rest validates. Raises BadInputError."""
    if samples < FEWEST:
        raise BadInputError(f"{samples} samples are too few for a repair set and a validation set")
    return min(MOST, samples * 4 // 10), min(MOST, max(1, samples // 10))


def split(samples: Samples, seed: int) -> SampleSets:
    """Three disjoint sets of one, drawn by the seed and the samples' own contents.

    As many as ``split_counts`` returns; equal samples are dropped. Raises BadInputError where there
    are too few.
    """
    repair, selection = split_counts(samples.count)
    digest = sha256(b"".join(contents(samples))).hexdigest()
    order = np.random.default_rng([seed, int(digest[:15], 16)]).permutation(samples.count)
    ends = (("repair", 0, repair), ("selection", repair, repair + selection))
    parts = [
        replace(samples.take(np.sort(order[begin:end])), name=name)
        for name, begin, end in (*ends, ("validation", repair + selection, samples.count))
    ]
    return disjoint(*parts)


def undivided(samples: Samples) -> SampleSets:
    """The same samples for every purpose: where nothing is repaired, none are held out."""
    return SampleSets(repair=samples, selection=samples, validation=samples, dropped=0)


def disjoint(repair: Samples, selection: Samples, validation: Samples) -> SampleSets:
    """Drop repair and selection samples whose contents are in a later set.

    Raises BadInputError where a set is empty then.
    """
    seen = set(contents(validation))
    kept = [np.array([p not in seen for p in contents(selection)], bool)]
    seen |= set(contents(selection))
    kept.append(np.array([p not in seen for p in contents(repair)], bool))
    sets = SampleSets(
        repair=repair.take(kept[1]),
        selection=selection.take(kept[0]),
        validation=validation,
        dropped=int(sum(np.count_nonzero(~k) for k in kept)),
    )
    for samples in (sets.repair, sets.selection, sets.validation):
        if samples.count == 0:
            raise BadInputError(
                f"no {samples.name} sample is left that is in no other set: add more samples"
            )
    return sets


def contents(samples: Samples) -> list[bytes]:
    """A digest of each sample's contents."""
    return [
        sha256(b"".join(values[i].tobytes() for values in samples.raw)).digest()
        for i in range(samples.count)
    ]
