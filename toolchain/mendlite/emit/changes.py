"""Which bytes and which flash pages a patch touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What differs between two files that lie at ``address`` of a flash with pages of that size.

    ``ranges`` are (offset, size) of bytes, ``pages`` the addresses of flash pages; all other bytes
    and pages are the same in both. ``pages_in_all`` is the number of pages that the files touch.
    """

    address: int
    page_size: int
    bytes_changed: int
    ranges: tuple[tuple[int, int], ...]
    pages: tuple[int, ...]
    pages_in_all: int


def changes(base: bytes, data: bytes, address: int, page_size: int) -> Changes:
    """Compare two files that lie at ``address``; bytes of the longer one alone count as changed."""
    common = min(len(base), len(data))
    old, new = (np.frombuffer(file, np.uint8, common) for file in (base, data))
    longest = max(len(base), len(data))
    behind = np.arange(common, longest)
    differ = np.concatenate([np.flatnonzero(old != new), behind])
    cuts = np.flatnonzero(np.diff(differ) > 1) + 1
    runs = [run for run in np.split(differ, cuts) if run.size]
    pages = np.unique((differ + address) // page_size) * page_size
    return Changes(
        address=address,
        page_size=page_size,
        bytes_changed=int(differ.size),
        ranges=tuple((int(run[0]), int(run.size)) for run in runs),
        pages=tuple(int(page) for page in pages),
        pages_in_all=-(-(address + longest) // page_size) - address // page_size,
    )
