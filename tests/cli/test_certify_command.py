"""``mendlite certify`` as a user runs it."""

import json
from importlib import import_module

import numpy as np
import pytest
from test_commands import mendlite

from in_process import run
from mendlite import cli
from mendlite.certify.decide import ENDED
from mendlite.model.clock import Clock
from mendlite.model.rounding import Profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read_file
from small_targets import HEAD
from tiny_models import build, dense_spec, float_twin

TASK = """
[[inputs]]
"""


@pytest.fixture
def target(tmp_path):
    """A tiny classifier and its twin; the samples are spread over the input's range."""
    spec = dense_spec(1)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=rng.normal(0, 2, (400, 6)).astype(np.float32))
    (tmp_path / "float.tflite").write_bytes(build(float_twin(spec)))
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    patched = dense_spec(1)
    patched.tensors[5].data = patched.tensors[5].data + np.array([0, 30, 0], "<i4")
    (tmp_path / "repaired.tflite").write_bytes(build(patched))
    head = HEAD.replace('description = "a tiny model"', 'description = "tiny"\nroot = "here"')
    (tmp_path / "target.toml").write_text(head + TASK, encoding="utf-8")
    return tmp_path


def certify(target, *arguments, ok=0):
    return mendlite("certify", target, "-q", "--time-limit", 20, *arguments, ok=ok)


def test_a_bound_is_proved_and_said_in_words(target):
    text = certify(target, "--property", "error", "--epsilon", 50, "--gate").stdout
    assert "proved by reachability" in text
    assert "radius 1 steps round validation sample 0" in text
    assert "kernels reference (tflm)" in text


def test_a_refutation_holds_on_the_kernels(target):
    done = certify(target, "--property", "error", "--epsilon", 0.001, "--json")
    found = json.loads(done.stdout)
    assert found["verdict"] == "refuted"
    example = found["counter_example"]
    model = read_file(target / "int8.tflite")
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    x = np.array([example["input"]], np.int8)
    values = next(runner.run([x], [6]))[6][0].astype(float)
    assert example["second"] == pytest.approx(list((values - 5) * float(np.float32(0.4))))
    assert (
        max(abs(a - b) for a, b in zip(example["first"], example["second"], strict=True)) >= 0.001
    )


def test_the_gate_fails_with_4_unless_proved(target):
    done = certify(target, "--property", "error", "--epsilon", 0.001, "--gate", ok=4)
    assert "refuted" in done.stderr


def test_a_patch_is_compared_with_the_file_before_it(target):
    done = certify(
        target, "--patch", "--model", target / "repaired.tflite", "--property", "error",
        "--epsilon", 100, "--json",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert (found["first"], found["second"]) == ("int8", "repaired")
    assert found["verdict"] == "proved"
    moved = [(b["lower"], b["upper"]) for b in found["bounds"]]
    assert moved[0] == moved[2] == (0, 0)
    assert moved[1][1] > 0


def test_ranges_per_feature_are_a_region(target):
    np.save(target / "low.npy", np.full(6, -5))
    np.save(target / "high.npy", np.array([-5, -4, -5, -5, -5, 7]))
    arguments = "--low", target / "low.npy", "--high", target / "high.npy"
    assert "the ranges of" in certify(target, *arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--patch",), "add --model"),
        (("--class", 2), "--class has no effect with --property class: it belongs to class-is"),
        (("--epsilon", 1), "--epsilon has no effect with --property class: it belongs to error"),
        (("--output", 1), "--output has no effect with --property class: it belongs to error"),
        (("--property", "error", "--smallest"), "--smallest has no effect with --property error"),
        (("--low", "a.npy", "--high", "b.npy", "--unit", "raw"), "--unit has no effect with --low"),
        (
            ("--low", "a.npy", "--high", "b.npy", "--sample", 0),
            "--sample has no effect with --low and --high",
        ),
        (("--low", "none.npy"), "belong together"),
        (("--sample", 100000), "does not exist"),
        (("--radius", 0.5), "whole number"),
        (("--property", "error", "--output", 9), "output 9 does not exist"),
        (("--property", "class-is", "--class", 9), "class 9 does not exist"),
        (("--model", "nothing.tflite"), "nothing.tflite"),
    ],
)
def test_mistakes_are_one_line_with_2(target, arguments, words):
    assert words in certify(target, *arguments, ok=2).stderr


def test_ranges_that_do_not_fit_are_refused(target):
    np.save(target / "a.npy", np.zeros(5, int))
    np.save(target / "b.npy", np.full(6, 200))
    low, high = target / "a.npy", target / "b.npy"
    assert "needs 6 integers" in certify(target, "--low", low, "--high", low, ok=2).stderr
    assert "-128 ... 127" in certify(target, "--low", high, "--high", high, ok=2).stderr


def test_z3_and_the_default_agree(target):
    for radius in (0, 1):
        verdicts = {
            json.loads(certify(target, "--radius", radius, "--solver", s, "--json").stdout)[
                "verdict"
            ]
            for s in ("highs", "z3")
        }
        assert len(verdicts) == 1


def test_without_time_what_is_open_is_named_and_the_gate_fails(target):
    words = "--property", "error", "--epsilon", 0.001, "--time-limit", 0
    found = json.loads(certify(target, *words, "--json").stdout)
    assert found["verdict"] == "undecided"
    assert len(found["open_questions"]) == found["questions"] == 6
    assert found["counter_example"] is None
    assert found["notes"] == [ENDED]
    assert "undecided" in certify(target, *words, "--gate", ok=4).stderr


def test_the_limit_counts_from_the_commands_start(target, monkeypatch):
    """Loading is over the limit: the clock that the command began with is moved while it loads."""
    time, module = [0.0], import_module("mendlite.cli.certify")
    monkeypatch.setattr(cli, "Clock", lambda: Clock(read=lambda: time[0]))
    load = module.load

    def slow(*arguments):
        time[0] += 50.0
        return load(*arguments)

    monkeypatch.setattr(module, "load", slow)
    words = "certify", target, "--property", "error", "--epsilon", 0.001, "-q", "--json"
    late, early = (run(*words, "--time-limit", seconds) for seconds in (50, 51))
    assert json.loads(late.out)["verdict"] == "undecided"
    assert json.loads(early.out)["verdict"] == "refuted"
