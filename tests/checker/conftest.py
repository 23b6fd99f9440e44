"""One small repair with its certificate."""

import pytest
from repairs import PATHS, options, settings

from mendlite.case.load import load_case
from mendlite.jobs.repair import repair
from mendlite.model.progress import no_progress
from tampering import make_keys, make_kit


@pytest.fixture(scope="session")
def digits():
    """(case, repaired) of the embedded digits."""
    case = load_case("digits", options(), no_progress)
    return case, repair(case, settings("least-squares"), PATHS)


@pytest.fixture(scope="session")
def keys():
    return make_keys()


@pytest.fixture(scope="session")
def kit(digits, keys):
    return make_kit(*digits, "digits", key=keys[0], public=keys[1])
