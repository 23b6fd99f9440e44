"""Certificates of language models' repairs, whose data and model files stand in a folder."""

import pytest
from repairs import PATHS, options, settings

from kits import make_kit
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from small_targets import head

TASK = '[task]\nkind = "next-token"\npositions = "{}"\n'


def language_kit(folder, positions, keys):
    """The kit of a least-squares repair of the target in ``folder``."""
    text = head("count = 150", "count = 50", labels='labels = "y"') + TASK.format(positions)
    (folder / "target.toml").write_text(text, encoding="utf-8")
    case = load_case(str(folder), options())
    with pytest.MonkeyPatch.context() as patched:
        # Other interpreters are asked in tests/jobs/test_language_model_repair.py.
        patched.setattr("mendlite.jobs.second_opinion.installed", lambda: ())
        repaired = repair(case, settings("least-squares"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])
