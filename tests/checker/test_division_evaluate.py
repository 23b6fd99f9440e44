"""The checker's own int8 DIV: bytes of our kernel and of both runtimes; other forms are refused."""

import pytest

from checked_kernels import require_equal
from division_models import DIVISIONS, division_spec, every_byte
from mendlite.checker.division import last_shift
from mendlite.checker.evaluate import evaluate, evaluate_fast, require_runnable
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import PROFILES, RUNTIMES
from tiny_models import build


@pytest.mark.parametrize("form", DIVISIONS.values(), ids=DIVISIONS)
def test_it_has_the_bytes_of_our_kernel_and_of_the_runtimes(form):
    data = build(division_spec(**form))
    model, graph, x = read(data), read_graph(data), every_byte(len(form["divisors"][0]))
    for profile in (Profile.TFLM, Profile.TFLITE_REF):
        ours = collect(ReferenceRunner(model=model, profile=profile), x, [2])[2]
        for run in (evaluate, evaluate_fast):
            require_equal(run(graph, profile.value, x, [2])[2], ours, 0)
        for name in (n for n in RUNTIMES if PROFILES.get(n) is profile):
            require_equal(ours, collect(RUNTIMES[name].runner(model), x, [2])[2], 0)


def test_shifts_by_hand():
    # 100 has 7 bits: 6 over the unit; 1 leaves 30 bits of 31, -1 all of them, and 0, too.
    assert [last_shift(x, 100, 7) for x in (1, -1, 0, 255)] == [29, 30, 30, 22]
    assert last_shift(1, -100, 7) == last_shift(-1, 100, 7)


@pytest.mark.parametrize(
    ("form", "profile"),
    [
        ({"divisors": [[100, 0]]}, "tflm"),
        ({"scales": (0.1, 0.04, 0.13)}, "tflm"),
        ({"computed": True}, "tflm"),
        ({}, "single"),
    ],
)
def test_other_forms_are_refused(form, profile):
    graph = read_graph(build(division_spec(**form)))
    with pytest.raises(UnsupportedModelError, match="operator 0 DIV"):
        require_runnable(graph, profile, [2])
