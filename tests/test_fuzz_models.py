"""The fuzzer notices what it must, and 2,000 of its mutants end as every file must end."""

import json
import os
import time
import warnings

import pytest

from block_models import pair
from mendlite.errors import MalformedModelError
from mendlite.tflite.reader import read
from model_fuzz.attempt import attempt
from model_fuzz.campaign import Campaign
from model_fuzz.dice import Dice
from model_fuzz.mutate import Original
from model_fuzz.originals import originals
from model_fuzz.process import WorkerProcess
from model_fuzz.stages import run_checker, run_replay
from model_fuzz.tree import Parser, Writer
from model_fuzz.worker import Maker
from streaming_models import streaming_spec
from tiny_models import build, conv_spec, dense_spec

GOOD = build(dense_spec())
BASE = read(GOOD)


@pytest.mark.slow
def test_2000_mutants_end_as_every_file_must(tmp_path):
    campaign = Campaign(
        seed=0, mutants=2000, jobs=2, seconds=600, folder=tmp_path, small=True, differential=False
    )
    tally = campaign.run()
    assert tally.tried == 2000
    assert tally.accepted > 500
    assert not tally.kinds, "\n".join(tally.text())
    # What is done is not done again.
    assert campaign.done().keys() == {0}
    assert campaign.run().dumps() == tally.dumps()


def test_a_tree_written_again_is_the_same_model():
    for spec in (dense_spec(), conv_spec(depthwise=True)):
        again = read(Writer().write(Parser(build(spec)).parse()))
        first = read(build(spec))
        assert again.operators == first.operators
        assert [t.shape for t in again.tensors] == [t.shape for t in first.tensors]
        for one, other in zip(first.tensors, again.tensors, strict=True):
            assert (one.data is None) == (other.data is None)
            assert one.data is None or one.data.tobytes() == other.data.tobytes()


def test_block_scales_are_written_again():
    first = read(pair((32, 64, 8))[1])
    again = read(Writer().write(Parser(first.data).parse()))
    scales = [[t.blocks.scale.tolist() for t in m.tensors if t.blocks] for m in (first, again)]
    assert len(scales[0]) == 2
    assert scales[0] == scales[1]


def test_every_original_is_read_when_it_was_written_again():
    for one in originals(small=True):
        assert len(read(one.written).tensors) == len(read(one.data).tensors), one.name


def test_streaming_models_are_tried_on_recordings():
    data, compared = build(streaming_spec()), []
    stages = {"replay": run_replay, "checker": lambda s: compared.append(run_checker(s))}
    outcome = attempt(data, read(data), Dice(0), stages)
    assert (outcome.refused, outcome.faults, compared) == ({}, [], [None])


def test_recordings_of_empty_frames_are_refused():
    spec = streaming_spec()
    spec.tensors[spec.inputs[0]].shape = (1, 0, 1, 3)
    data = build(spec)
    outcome = attempt(data, read(data), Dice(0), {"replay": run_replay, "checker": run_checker})
    assert outcome.refused.keys() == {"replay", "checker"}
    assert not outcome.faults


def test_buffers_behind_the_flatbuffer_hold_the_same_bytes():
    tree = Parser(GOOD).parse()
    again = read(Writer(frozenset(range(20))).write(tree))
    for one, other in zip(BASE.tensors, again.tensors, strict=True):
        assert one.data is None or one.data.tobytes() == other.data.tobytes()


def test_the_same_seed_gives_the_same_mutants():
    one, other = Maker(7, small=True), Maker(7, small=True)
    for number in range(20):
        assert one.make(number)[:2] == other.make(number)[:2]
    assert one.make(3)[1] != Maker(8, small=True).make(3)[1]


def burn(_subject):
    end = time.process_time() + 5.2
    while time.process_time() < end:
        pass


def raising(error):
    def stage(_subject):
        raise error

    return stage


@pytest.mark.parametrize(
    ("stage", "kind"),
    [(raising(KeyError("x")), "exception"), (raising(MemoryError()), "memory"),
     (raising(RuntimeWarning("overflow")), "exception"), (burn, "time"),
     (raising(MalformedModelError("two\nlines")), "exception")],
)  # fmt: skip
def test_a_stage_that_misbehaves_is_a_fault(stage, kind):
    outcome = attempt(GOOD, BASE, Dice(0), {"bad": stage})
    assert [fault.kind for fault in outcome.faults] == [kind]


def test_a_refusal_is_no_fault():
    outcome = attempt(GOOD, BASE, Dice(0), {"refuses": raising(MalformedModelError("no"))})
    assert outcome.refused == {"refuses": "MalformedModelError"}
    assert not outcome.faults


def test_checker_and_runner_that_differ_are_noticed(monkeypatch):
    from model_fuzz import agree

    def other(graph, profile, inputs, wanted):
        found = evaluate(graph, profile, inputs, wanted)
        return {t: v if v.dtype.kind == "f" else v ^ 1 for t, v in found.items()}

    evaluate = agree.evaluate
    monkeypatch.setattr(agree, "evaluate", other)
    outcome = attempt(GOOD, BASE, Dice(0))
    assert [fault.kind for fault in outcome.faults] == ["difference"]


def test_a_worker_that_dies_is_a_fault_and_the_rest_goes_on(tmp_path, monkeypatch):
    campaign = Campaign(
        seed=0, mutants=4, jobs=1, seconds=600, folder=tmp_path, small=True, differential=False
    )
    lines = iter(
        [
            [{"number": 0}, whole(0), {"number": 1}],
            [{"number": 2}, whole(2), {"number": 3}, whole(3)],
        ]
    )
    monkeypatch.setattr(WorkerProcess, "lines", lambda *_: iter(next(lines)))
    tally = campaign.run()
    assert tally.tried == 4
    assert tally.buckets == {"worker died": 1}
    assert json.loads(tally.dumps())["worst"]["worker died"]["file"] == "seed 0 number 1"


TALKERS = {
    "hangs": "import time; print('{\"number\": 0}', flush=True); time.sleep(1000)",
    "computes": "print('{\"number\": 0}', flush=True)\nwhile True: pass",
    "dies": "print('{\"number\": 0}', flush=True); raise SystemExit(1)",
}


@pytest.mark.parametrize("kind", TALKERS)
def test_a_worker_that_hangs_computes_on_or_dies_is_stopped(tmp_path, monkeypatch, kind):
    worker = WorkerProcess((), tmp_path / "log", program=("-c", TALKERS[kind]))
    lines = worker.lines(0, 2)
    assert next(lines) == {"number": 0}
    monkeypatch.setattr("model_fuzz.process.PATIENCE", 0.1)
    monkeypatch.setattr("model_fuzz.process.SILENCE", 0.1)
    assert list(lines) == []
    assert worker.process is None


def test_a_worker_that_waits_for_the_processor_is_not_stopped(tmp_path, monkeypatch):
    # It says nothing until it was looked at several times; its turn has not come.
    turn, looks = tmp_path / "turn", []
    os.mkfifo(turn)

    def used(_pid):
        looks.append(None)
        if len(looks) == 5:
            turn.write_text("now")
        return 0.0, False

    monkeypatch.setattr("model_fuzz.process.PATIENCE", 0.001)
    monkeypatch.setattr("model_fuzz.process.used", used)
    said = json.dumps(whole(0))
    slow = f"open({str(turn)!r}).read(); print({said!r}, flush=True)"
    worker = WorkerProcess((), tmp_path / "log", program=("-c", slow))
    assert list(worker.lines(0, 1)) == [whole(0)]
    worker.stop()


def test_no_value_of_the_dice_is_a_warning():
    dice = Dice(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = [dice.real(near) for near in (3e38, float("inf"), float("nan"), 1e-45) * 50]
    assert float("inf") in found


def whole(number):
    return {"number": number, "accepted": True, "refused": {}, "faults": []}


def test_originals_are_those_of_every_kind_of_layer():
    names = {o.op for one in Maker(0, small=True).files for o in read(one.data).operators}
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"} <= names
    assert Original.of("x", GOOD).sites.vtables
