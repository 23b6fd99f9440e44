"""The checker's own kernels of newer operators: bytes of ours, and of LiteRT or TFLite Micro."""

import pytest

from checked_kernels import agree
from computing_models import TABLE as COMPUTING
from computing_models import spec_of as computing
from copying_models import TABLE as COPYING
from copying_models import spec_of as copying


@pytest.mark.parametrize("kind", ["INT8", "UINT8"])
@pytest.mark.parametrize("name", [n for n in COPYING if not COPYING[n][0].startswith("SPACE_TO_B")])
def test_copies(name, kind):
    assert agree(copying(name, kind))


INT8_LACKING = {"DIV", "CUMSUM", "SUM"}
"""Of float32 alone."""


@pytest.mark.parametrize("kind", ["INT8", "FLOAT32"])
@pytest.mark.parametrize("name", COMPUTING)
def test_computing(name, kind):
    if kind == "FLOAT32" or COMPUTING[name][0] not in INT8_LACKING:
        assert agree(computing(name, kind), count=9)
