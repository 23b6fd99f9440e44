"""The certificates that once passed, made by people who wanted them to pass."""

import os
from pathlib import Path

import pytest
from test_certificates import WHOLE

from as_a_user import mendlite

CASES = Path(os.environ.get("MENDLITE_DATA") or ".").parent / "cases" / "hostile"

ENDS = {
    "01-ground-draw": (1, "is not the model's"),
    "02-int32-overflow": (1, "is not the model's"),
    "03-own-target/out": (7, "names a target of its own, '../target.toml'"),
    "08-downgrade/downgrade_profile": (7, "no rounding profile 'nonsense'"),
    "08-downgrade/downgrade_target_missing": (7, "no target 'no_such_target' is installed"),
    "09-bounds-text/bounds_empty_outputs": (7, "bounds no output"),
    "09-bounds-text/bounds_escape_injection": (7, r"the verdict 'proved\nsig... is unknown"),
    "09-bounds-text/bounds_out_of_int8": (7, "not verified: bounds: "),
    "19-surrogate/case": (1, "patched file is no plain file name"),
}


@pytest.mark.data
@pytest.mark.parametrize("case", ENDS)
def test_it_ends_right(data_root, case):
    code, message = ENDS[case]
    path = CASES / case / "certificate.json"
    done = mendlite("check", path, ok=code, MENDLITE_DATA=str(data_root))
    assert message in done.stderr
    assert WHOLE not in done.stdout + done.stderr
    assert (done.stdout + done.stderr).replace("\n", "").isprintable()


@pytest.mark.data
def test_a_target_of_their_own_is_not_ours(data_root):
    """Eight samples are missing from what is called digits."""
    path = CASES / "03-own-target" / "out" / "certificate.json"
    failed = mendlite("check", path, "--target", "digits", ok=1, MENDLITE_DATA=str(data_root))
    assert "validation: the data has 700 samples, not 692" in failed.stderr
