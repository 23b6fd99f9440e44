"""The embedded digits, as the float model takes them."""

from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "targets" / "models" / "digits"
VALIDATION = 1097
"""The first image of the target's validation set."""


def images():
    """All images, float32[n, 8, 8, 1]; the first 500 trained the network."""
    with np.load(DIGITS / "digits.npz") as archive:
        return archive["images"].astype(np.float32) * np.float32(0.0625)
