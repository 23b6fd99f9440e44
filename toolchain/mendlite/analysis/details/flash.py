"""Which parts of the file a patch touches."""

from __future__ import annotations

import numpy as np

from mendlite.model.report_details import BLOCK, FlashMap


def flash_map(base: bytes, data: bytes) -> FlashMap:
    """Changed bytes of two files of one size, by block."""
    differ = np.flatnonzero(np.frombuffer(base, np.uint8) != np.frombuffer(data, np.uint8))
    blocks, counts = np.unique(differ // BLOCK, return_counts=True)
    changed = zip(blocks.tolist(), counts.tolist(), strict=True)
    return FlashMap(file_bytes=len(base), changed=tuple(changed))
