"""Guess how a user's samples are fed, by trying: the rule that makes both models agree most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.case.preprocess import quantized_inputs
from mendlite.case.recipe import Preprocessing
from mendlite.case.tasks import require_same_answers
from mendlite.measure.classification import Classification, predictions
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.pairing.layers import pair_layers
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.targets.first import RULES, Arrays
from mendlite.tflite.logits import logits_tensor, real_values

TRIED = 200
"""Samples that the rules are tried on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A preprocessing rule, in words, and how well it did: shares in [0, 1]."""

    words: str
    rule: Preprocessing
    accuracy: float | None
    agreement: float


def guess_rule(reference: Model, quantized: Model, arrays: Arrays) -> Guess:
    """The rule with the best float accuracy (agreement of the models where there are no labels).

    One value a sample is no class: models agree where theirs differ by a step of the int8 output.
    Raises BadInputError where the two models are not one network.
    """
    pair_layers(reference, quantized)
    require_same_answers(Classification(), reference, quantized)
    order = np.random.default_rng(0).permutation(arrays.count)[:TRIED]
    samples = Samples(
        name="tried",
        source="samples",
        rows=np.sort(order),
        raw=tuple(values[np.sort(order)] for values in arrays.values),
        labels=None if arrays.label_values is None else arrays.label_values[np.sort(order)],
    )
    guesses = [_try(reference, quantized, samples, words, rule) for words, rule in RULES.items()]
    return max(guesses, key=lambda g: (g.accuracy or 0.0, g.agreement))


def _try(
    reference: Model, quantized: Model, samples: Samples, words: str, rule: Preprocessing
) -> Guess:
    answers, values = [], []
    for model in (reference, quantized):
        tensor = logits_tensor(model)
        inputs = quantized_inputs([rule] * len(model.inputs), samples, model)
        found = collect(make_runner("reference", model, Profile.TFLM), inputs, [tensor])[tensor]
        answers.append(predictions(found.reshape(samples.count, -1)))
        values.append(real_values(model, tensor, found.reshape(samples.count, -1)))
    accuracy = None if samples.labels is None else float(np.mean(answers[0] == samples.labels))
    return Guess(
        words=words,
        rule=rule,
        accuracy=accuracy,
        agreement=float(np.mean(answers[0] == answers[1]))
        if values[0].shape[1] > 1
        else float(np.mean(np.abs(values[0] - values[1]) <= _step(quantized))),
    )


def _step(quantized: Model) -> float:
    """One step of the int8 output; 0 where it is float."""
    quant = quantized.tensors[quantized.outputs[0]].quant
    return 0.0 if quant is None else float(quant.scale[0]) * (1 + 1e-6)
