"""Small repairs whose reports are looked at."""

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.jobs.result_files import result_files
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from small_targets import CASES, write_target
from tiny_models import dense_spec

STRATEGY = Settings.of("bias", keep_worse=True)


def repaired(folder, kind="classification"):
    """A repair of the tiny target of a task."""
    make, table, *spread = CASES.get(kind, (dense_spec, ""))
    folder.mkdir(exist_ok=True)
    write_target(folder, make, table, *spread)
    return repair(load_case(str(folder), OPTIONS), STRATEGY, PATHS)


@pytest.fixture(scope="session")
def repair_of(tmp_path_factory):
    """By the kind of task: its small repair, made once."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = repaired(tmp_path_factory.mktemp("reports") / kind, kind)
        return made[kind]

    return of


@pytest.fixture(scope="session")
def files_of(repair_of):
    """By the kind of task: the report's files of its small repair, made once."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = result_files(repair_of(kind), None)
        return made[kind]

    return of
