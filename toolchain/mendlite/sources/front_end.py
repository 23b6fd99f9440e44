"""Features of speech: TFLite Micro's audio front end, as microWakeWord and micro_speech use it.

40 values of each window of 30 ms, 10 ms apart, from 0 to some 26: what a device computes from its
microphone, in the same fixed-point code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.reading.limited import shown

FrontEnd = Literal["micro"]
"""Names of front ends."""

RATE, STEP, CHANNELS = 16_000, 160, 40
"""Values a second, values between two windows, features of a window."""

PURPOSE = "features of WAV files"


def features(path: Path, values: NDArray[Any], rate: int) -> NDArray[np.float32]:
    """Features f32[n, windows, 40] of recordings [n, values] of 16 bits and 16 kHz.

    ``path`` names the recordings in an error. Raises BadInputError for recordings of another form,
    or too short for a window.
    """
    if values.ndim != 2 or values.dtype != np.int16 or rate != RATE:
        raise BadInputError(
            f"{shown(path)}: the front end takes one channel of 16 bits at {RATE} Hz; convert the "
            "recordings"
        )
    rows = [_of_one(recording) for recording in values]
    if not len(rows[0]):
        raise BadInputError(f"{shown(path)}: {values.shape[1]} values hold no window of 30 ms")
    return np.stack(rows)


def _of_one(recording: NDArray[np.int16]) -> NDArray[np.float32]:
    """The features of one recording; each begins with the front end's first state."""
    front_end = load("pymicro_features", PURPOSE).MicroFrontend()
    data, at, found = recording.astype("<i2").tobytes(), 0, []
    while at + 2 * STEP <= len(data):
        output = front_end.process_samples(data[at : at + 2 * STEP])
        at += 2 * int(output.samples_read)
        if output.features:
            found.append(output.features)
    return np.array(found, np.float32).reshape(-1, CHANNELS)
