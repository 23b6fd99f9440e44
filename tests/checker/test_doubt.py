"""Answers near a tie: counted, never taken as facts."""

from itertools import product

import numpy as np
import pytest
from repairs import PATHS, options, settings
from test_check import dynamic_range

from mendlite.checker.doubt import Possible, possible_classes, possible_labels, possible_verdicts
from mendlite.checker.draw import SampleDraw
from mendlite.checker.form import loads
from mendlite.checker.plan import CheckEffort
from mendlite.checker.tasks import CheckedTask
from mendlite.checker.verify import check
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from small_targets import write_target
from tampering import forged, make_kit, noticed

CLASSES = CheckedTask(kind="classification", tolerance=None, threshold=0.5, boxes=0, scores=1)
LABELS = CheckedTask(kind="multi-label", tolerance=None, threshold=0.5, boxes=0, scores=1)


def answers(values, near):
    """The classes that one sample may have."""
    near_best = {c for c in range(len(values)) if near and values[c] >= values.max() - near}
    return {int(values.argmax()), *near_best}


def drawn(seed, count=60, size=4):
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 6, (count, size)) / 2.0 for _ in range(3)]


ROOMS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (1.0, 0.5)]


@pytest.mark.parametrize("rooms", ROOMS)
@pytest.mark.parametrize("seed", range(3))
def test_intervals_are_those_of_all_combinations(seed, rooms):
    teacher, base, patched = drawn(seed)
    near, own = rooms
    claimed = np.stack([(teacher.argmax(1) != m.argmax(1)) for m in (base, patched)], axis=1)
    found = possible_classes(CLASSES, ([teacher], near), ([base], own), ([patched], own), claimed)
    for i in range(len(teacher)):
        sets = answers(teacher[i], near), answers(base[i], own), answers(patched[i], own)
        ends = [(int(b != t), int(p != t)) for t, b, p in product(*sets)]
        assert found.low[i].tolist() == [min(e[0] for e in ends), min(e[1] for e in ends)]
        assert found.high[i].tolist() == [max(e[0] for e in ends), max(e[1] for e in ends)]
        assert found.gain[i] == min(b - p for b, p in ends)
    assert found.contradicted == 0
    assert (found.unsure == 0) == (rooms == (0.0, 0.0))


@pytest.mark.parametrize("rooms", ROOMS)
def test_labels_are_each_near_their_threshold(rooms):
    teacher, base, patched = (v - 1.25 for v in drawn(9))
    near, own = rooms
    claimed = np.zeros((60, 2), bool)
    found = possible_labels(LABELS, ([teacher], near), ([base], own), ([patched], own), claimed)

    def may(row, room):
        """All texts that one sample may have."""
        bits = [{v >= 0, v < 0} if room and abs(v) <= room else {v >= 0} for v in row]
        return set(product(*bits))

    for i in range(60):
        pairs = [
            [a != b for a, b in product(may(teacher[i], near), may(m[i], own))]
            for m in (base, patched)
        ]
        assert found.low[i].tolist() == [int(min(p)) for p in pairs]
        assert found.high[i].tolist() == [int(max(p)) for p in pairs]
        assert found.gain[i] <= int(min(pairs[0])) - int(min(pairs[1]))


def test_what_is_claimed_against_what_is_found_is_counted():
    claimed = np.array([[True, False], [True, False], [False, False]])
    found = np.array([[False, False], [True, False], [False, False]])
    unsure = np.array([[True, True], [False, False], [False, True]])
    doubt = possible_verdicts(claimed, found, unsure)
    assert (doubt.contradicted, doubt.unsure) == (1, 2)
    assert doubt.interval(0, 2) == (1, 2)
    assert doubt.interval(1, 0) == (0, 2)
    # Claimed: two gained. Possible: the first lost, the second gained, the third lost.
    assert doubt.least_gain(2) == -1
    assert isinstance(doubt, Possible)


@pytest.fixture
def rounded(tmp_path, keys):
    """The kit of a file whose activations are rounded at run time."""
    write_target(tmp_path, dynamic_range, "")
    case = load_case(str(tmp_path), options())
    return make_kit(case, repair(case, settings("bias"), PATHS), "x", key=keys[0], public=keys[1])


def flattered(kit):
    """The kit where base's near ties are counted as failing, and how many."""
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    answers = entry["answers"]
    right = [i for i, (a, b) in enumerate(zip(answers["teacher"], answers["base"], strict=True))
             if a == b]  # fmt: skip
    flipped = sum(turned(kit, values, entry, row) for row in right[:60])
    follow_lists(entry)
    return forged(kit, values), flipped


def turned(kit, values, entry, row):
    """Give base another class at this sample where the checker cannot tell that it is false."""
    listed = entry["answers"]["base"]
    mine = listed[row]
    for other in {0, 1, 2} - {mine}:
        listed[row] = other
        follow_lists(entry)
        if "is not the model's" not in str(noticed(forged(kit, values))):
            return True
    listed[row] = mine
    return False


def follow_lists(entry):
    answers = entry["answers"]
    for when, model in (("before", "base"), ("after", "patched")):
        pairs = zip(answers["teacher"], answers[model], strict=True)
        entry["failing"][when] = [i for i, (a, b) in enumerate(pairs) if a != b]
    before, after = (set(entry["failing"][when]) for when in ("before", "after"))
    entry["figures"] |= {
        "failing_before": len(before), "failing_after": len(after),
        "fixed": len(before - after), "regressed": len(after - before),
    }  # fmt: skip


def test_near_ties_that_are_told_to_please_are_not_verified(rounded):
    assert noticed(rounded) is None
    forgery, flipped = flattered(rounded)
    assert flipped > 0
    effort = CheckEffort(draw=SampleDraw(seed="a"))
    found = check(loads(forgery.certificate), rounded.base, rounded.patched, rounded.data,
                  effort=effort)  # fmt: skip
    assert f"{flipped} tests are counted otherwise than the checker finds them" in str(
        found.missing
    )
    # What is possible is printed, not what was claimed.
    assert f"failing 0 -> 0 ({flipped} fixed, " in found.checks[-1]
