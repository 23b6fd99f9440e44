"""One small repair with its certificate."""

import pytest
from repairs import PATHS, options, settings

from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from tampering import make_keys, make_kit


@pytest.fixture(scope="session")
def digits():
    """(case, repaired) of the embedded digits."""
    case = load_case("digits", options())
    return case, repair(case, settings("least-squares"), PATHS)


@pytest.fixture(scope="session")
def keys():
    return make_keys()


@pytest.fixture(scope="session")
def kit(digits, keys):
    return make_kit(*digits, "digits", key=keys[0], public=keys[1])
