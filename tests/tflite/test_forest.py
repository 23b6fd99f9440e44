"""Disjoint sets."""

from hypothesis import given
from hypothesis import strategies as st

from mendlite.tflite.forest import Forest

TENSORS = range(8)


@given(st.lists(st.lists(st.sampled_from(TENSORS), max_size=4), max_size=8))
def test_joined_tensors_and_no_others_share_a_root(joins):
    forest, sets = Forest(TENSORS), [{t} for t in TENSORS]
    for tensors in joins:
        forest.join(tensors)
        touched = [s for s in sets if s & set(tensors)]
        sets = [s for s in sets if s not in touched] + ([set().union(*touched)] if touched else [])
    for a in TENSORS:
        for b in TENSORS:
            together = any({a, b} <= s for s in sets)
            assert (forest.root(a) == forest.root(b)) == together
