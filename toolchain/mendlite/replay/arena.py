"""How much arena TFLite Micro takes for a file, by its own record on this PC.

Pointers have 8 bytes here and 4 on most microcontrollers: the difference of two files is about
what it is there, and a board reports its own figure (``mendlite device upload``).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from mendlite.model.graph import Model
from mendlite.packages import TFLM, version
from mendlite.replay.tflm import MOST_ARENA, arena_bytes
from mendlite.replay.worker_process import same_packages

TOTAL = re.compile(rb"Arena allocation total (\d+) bytes")

SECONDS = 60.0
"""Time that reading and planning a file may take."""


def tflm_arena(model: Model) -> int | None:
    """Bytes of the arena; None where TFLite Micro is not here or refuses the file.

    A process of its own: the record is printed by C code, and some files make it abort.
    """
    arena = arena_bytes(model)
    if version(TFLM) is None or arena > MOST_ARENA:
        return None
    command = [sys.executable, "-m", "mendlite.replay.arena_worker", str(arena)]
    try:
        ended = subprocess.run(
            command,
            input=model.data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=os.environ | same_packages(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    printed = TOTAL.search(ended.stdout + ended.stderr)
    return None if printed is None else int(printed[1])
