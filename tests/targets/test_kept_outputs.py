"""An evaluator asks for a model's outputs once, and forgets the oldest beyond its memory."""

import numpy as np
import pytest

from mendlite.case import evaluate as module
from mendlite.case.evaluate import Evaluator
from mendlite.measure.outputs import Outputs
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec

MODELS = [read(build(spec)) for spec in (dense_spec(), conv_spec(), dense_spec(seed=1))]


@pytest.fixture
def asked(monkeypatch):
    """Digests of the models that were replayed."""
    found = []

    def evaluate(_case, model, _samples):
        found.append(model.sha256)
        return Outputs(values=np.full((4, 2), len(found), np.float64))

    monkeypatch.setattr(module, "evaluate", evaluate)
    return found


def evaluator():
    return Evaluator(case=None, samples=None, teacher=None)


def test_each_model_is_replayed_once(asked):
    one = evaluator()
    first = [one.outputs(model) for model in MODELS]
    again = [one.outputs(model) for model in MODELS]
    assert asked == [model.sha256 for model in MODELS]
    assert all(a is b for a, b in zip(first, again, strict=True))


def test_another_evaluator_asks_anew(asked):
    for one in (evaluator(), evaluator()):
        one.outputs(MODELS[0])
    assert asked == [MODELS[0].sha256] * 2


def test_the_oldest_go_first(asked, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 2 * 4 * 2 * 8)
    one = evaluator()
    for model in (MODELS[0], MODELS[1], MODELS[0], MODELS[2]):
        one.outputs(model)
    one.outputs(MODELS[0])
    assert len(asked) == 3
    one.outputs(MODELS[1])
    assert len(asked) == 4
