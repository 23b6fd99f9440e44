"""The library against MISRA's rules: what is broken is listed, and what is not listed is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "firmware_misra.py"

pytestmark = pytest.mark.device


def run(*words):
    return subprocess.run(
        [sys.executable, TOOL, *words], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_breach_of_the_library_is_listed():
    done = run()
    assert done.returncode == 0, done.stderr


def test_a_rule_that_is_not_listed_is_named_with_its_line(tmp_path):
    source = tmp_path / "jump.c"
    source.write_text(
        "int mendlite_jump(int x);\n"
        "int mendlite_jump(int x) {\n"
        "  if (x > 0) {\n"
        "    goto end;\n"
        "  }\n"
        "end:\n"
        "  return 0;\n"
        "}\n"
    )
    done = run(source)
    assert done.returncode == 1
    assert "jump.c:4: MISRA C:2012 rule 15.1 is broken, and not listed" in done.stderr
