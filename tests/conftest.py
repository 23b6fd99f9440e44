"""Fixtures that all tests share."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("mendlite", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("mendlite")


COUNTED = 3
"""Cases of a parametrized test whose branches are counted: the others take much the same ones."""


@pytest.fixture(scope="session")
def data_root():
    """The folder of the real models; a test that needs it is marked ``data``."""
    value = os.environ.get("MENDLITE_DATA", "")
    if not value or not Path(value).is_dir():
        pytest.fail("MENDLITE_DATA names no folder: leave these tests out with -m 'not data'")
    return Path(value)


def pytest_collection_modifyitems(items):
    """Fast tests first; one that takes ``data_root`` is a data test, one with firmware a device's.

    Slow ones, and all cases of a test behind the first COUNTED, are left out of the coverage:
    counting branches takes a third of the time.
    """
    cases = Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        if "data_root" in getattr(item, "fixturenames", ()):
            item.add_marker("data")
        if {"firmware", "cortex_m4"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("device")
        if item.get_closest_marker("slow") or cases[test] > COUNTED:
            item.add_marker("no_cover")
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
