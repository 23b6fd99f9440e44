"""Write photos as the float inputs that calibrate a quantized file.

Usage: python samples.py photos/ samples.npy

This model takes pixels from 0 to 1, so they are divided by 255; yours may take others.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image


def main() -> None:
    """Write all photos below a folder."""
    folder, out = sys.argv[1:]
    photos = sorted(Path(folder).rglob("*.png"))
    pixels = [np.asarray(Image.open(path), np.float32) for path in photos]
    np.save(out, np.stack(pixels) / np.float32(255))


if __name__ == "__main__":
    main()
