"""Which parts of the file a patch touches."""

from __future__ import annotations

import numpy as np

from mendlite.model.report_details import BLOCK, FlashMap
from mendlite.tflite.patch_size import bytes_that_differ


def flash_map(base: bytes, data: bytes) -> FlashMap:
    """Changed bytes of two files, by block; those of the longer one alone count as changed."""
    differ = bytes_that_differ(base, data)
    blocks, counts = np.unique(differ // BLOCK, return_counts=True)
    changed = zip(blocks.tolist(), counts.tolist(), strict=True)
    return FlashMap(file_bytes=max(len(base), len(data)), changed=tuple(changed))
