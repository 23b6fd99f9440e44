"""Open data as a test needs it."""

import numpy as np

from mendlite.sources.opening import open_data
from mendlite.sources.spec import DataSpec


def opened(root, *words, **given):
    return open_data(DataSpec(words=words, **given), root=root)


def everything(source):
    return source.load(np.arange(source.count))
