"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("mendlite", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("mendlite")


@pytest.fixture(scope="session")
def data_root():
    """The folder of the real models; a test that needs it is marked ``data``."""
    value = os.environ.get("MENDLITE_DATA", "")
    if not value or not Path(value).is_dir():
        pytest.fail("MENDLITE_DATA names no folder: leave these tests out with -m 'not data'")
    return Path(value)


def pytest_collection_modifyitems(items):
    """Fast tests first; one that takes ``data_root`` is a data test, one with firmware a device's.

    The slow ones are left out of the coverage: counting branches takes a third of their time.
    """
    for item in items:
        if "data_root" in getattr(item, "fixturenames", ()):
            item.add_marker("data")
        if {"firmware", "cortex_m4"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("device")
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
