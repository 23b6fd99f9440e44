"""Whatever is changed is noticed; what is untouched passes. tools/bench_tamper.py does 1,000."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from tampering import KINDS, noticed

ROUNDS = 13


def test_the_untouched_kit_holds(kit):
    assert noticed(kit) is None
    assert noticed(replace(kit, require=True)) is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_random_tampering_is_noticed(kit, kind):
    found = [noticed(kind(deepcopy(kit), np.random.default_rng(seed))) for seed in range(ROUNDS)]
    assert all(found), f"{kind.__name__}: round {found.index(None)} was not noticed"


def test_three_hundred_are_tried():
    assert ROUNDS * len(KINDS) >= 300
