"""Small data files of every form, as users have them."""

import numpy as np

RNG = np.random.default_rng(5)


def pixels(size=(6, 4), channels=3):
    shape = (*size, channels) if channels > 1 else size
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def save_image(path, values=None, kind=None, mode=None):
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels() if values is None else values)
    (image.convert(mode) if mode else image).save(path, kind)
    return path


def class_folders(root, counts, size=(6, 4)):
    """A folder for each class with so many PNG images."""
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            save_image(root / name / f"{number}.png", pixels(size))
    return root
