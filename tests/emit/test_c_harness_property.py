"""The property of a C harness: where its assertion fails is found by brute force."""

import subprocess
from itertools import product

import numpy as np
import pytest
from c_programs import CHECKERS, OPTIONS, anything, expected, run

from mendlite.emit.c_harness import ClassBox, c_harness
from mendlite.model.rounding import Profile
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec


def test_a_box_ends_where_int8_ends():
    box = ClassBox.around(np.array([-128, 0, 126], np.int8), 2, 0, "x")
    assert box.low.tolist() == [-128, -2, 124]
    assert box.high.tolist() == [-126, 2, 127]


DRIVER = """
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char sample[SIZE];
static int at;

unsigned char __VERIFIER_nondet_uchar(void) { return sample[at++]; }
int harness_main(void);

int main(void) {
  while (fread(sample, 1, SIZE, stdin) == SIZE) {
    int status;
    pid_t child = fork();
    if (child == 0) {
      if (!freopen("/dev/null", "w", stderr)) _exit(2);
      _exit(harness_main());
    }
    waitpid(child, &status, 0);
    putchar(WIFSIGNALED(status) ? 1 : WEXITSTATUS(status) == 0 ? 0 : 2);
    fflush(stdout);
  }
  return 0;
}
"""


def assertion_fails(folder, source, points, *flags):
    """Which of the points [n, inputs] make the harness's assertion fail."""
    (folder / "driver.c").write_text(DRIVER)
    (folder / "harness.c").write_bytes(source)
    size = f"-DSIZE={points.shape[1]}"
    for name, more in (("harness", ("-Dmain=harness_main", *flags)), ("driver", (size,))):
        out = str(folder / f"{name}.o")
        subprocess.run(
            ["gcc", "-O1", *more, "-c", "-o", out, str(folder / f"{name}.c")], check=True
        )
    program = folder / "program"
    objects = [str(folder / f"{name}.o") for name in ("harness", "driver")]
    subprocess.run(["gcc", *objects, "-o", str(program)], check=True)
    # The harness counts from -128.
    found = np.frombuffer(run(program, (points.astype(np.int16) + 128).astype(np.uint8)), np.uint8)
    assert found.size == len(points)
    assert found.max(initial=0) < 2
    return found.astype(bool)


RADIUS = 2


def around(center, radius):
    steps = np.array(list(product(range(-radius, radius + 1), repeat=center.size)))
    return (center + steps).astype(np.int8)


def small_case(profile, *, holds):
    """(model, centre, its class) whose class stays, or leaves, within the radius."""
    model = read(build(dense_spec(1, inputs=3, hidden=4)))
    rng = np.random.default_rng(0)
    while True:
        center = rng.integers(-100, 100, 3)
        classes = expected(model, profile, around(center, RADIUS)).argmax(axis=1)
        top = classes[len(classes) // 2]
        if holds == bool(np.all(classes == top)):
            return model, center, int(top)


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("profile", Profile)
def test_the_assertion_fails_exactly_where_the_class_changes(tmp_path, profile, holds):
    model, center, top = small_case(profile, holds=holds)
    box = ClassBox.around(center.astype(np.int8), RADIUS, top, "a point")
    points = around(center, RADIUS + 1)
    inside = np.abs(points - center).max(axis=1) <= RADIUS
    leaves = expected(model, profile, points).argmax(axis=1) != top
    found = assertion_fails(tmp_path, c_harness(model, profile, box), points)
    assert np.array_equal(found, inside & leaves)
    assert found.any() == (not holds)


def test_without_a_box_the_property_is_the_users(tmp_path):
    model = read(build(dense_spec(1, inputs=3, hidden=4)))
    source = c_harness(model, Profile.TFLM, None)
    points = anything(model, 200)
    assert not assertion_fails(tmp_path, source, points).any()
    flag = "-DMENDLITE_PROPERTY(logits)=((logits)[0] < (logits)[1])"
    logits = expected(model, Profile.TFLM, points)
    found = assertion_fails(tmp_path, source, points, flag)
    assert np.array_equal(found, logits[:, 0] >= logits[:, 1])
    assert 0 < np.count_nonzero(found) < len(points)


def test_the_propertys_earlier_name_does_not_compile(tmp_path):
    source = tmp_path / "harness.c"
    source.write_bytes(
        c_harness(read(build(dense_spec(1, inputs=3, hidden=4))), Profile.TFLM, None)
    )
    done = subprocess.run(
        ["gcc", "-DPROPERTY(logits)=0", "-fsyntax-only", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "the property is MENDLITE_PROPERTY" in done.stderr


if CHECKERS:  # neither is in Debian 12: they are not among what tools/install_cross.sh installs

    @pytest.mark.slow
    @pytest.mark.parametrize("holds", [True, False])
    @pytest.mark.parametrize("profile", Profile)
    @pytest.mark.parametrize("checker", CHECKERS)
    def test_a_checker_finds_what_brute_force_finds(tmp_path, checker, profile, holds):
        model, center, top = small_case(profile, holds=holds)
        box = ClassBox.around(center.astype(np.int8), RADIUS, top, "a point")
        path = tmp_path / "harness.c"
        path.write_bytes(c_harness(model, profile, box))
        done = subprocess.run(
            [checker, str(path), *OPTIONS[checker]], capture_output=True, text=True, check=False
        )
        verdict = "VERIFICATION SUCCESSFUL" if holds else "VERIFICATION FAILED"
        assert verdict in done.stdout + done.stderr
