"""How the models do on held-out samples: part of the report."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.confidence import ConfidenceInterval
from mendlite.model.expected import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatScore:
    """The teacher (the float model, as a rule) on the validation samples.

    ``perplexity``: of a language model, the exponential of the mean negative log-likelihood of the
    next tokens; else null.
    """

    accuracy: float | None
    auc: float | None
    error: float | None
    perplexity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedScore:
    """A quantized model against the float model.

    ``loss`` is the task's; ``kl`` is the same where it is a KL divergence, else null. ``rms``
    is the root mean square of the evaluated values' differences. ``independent`` is the number of
    tests that the interval of ``failing`` counts, fewer than all where samples repeat others.
    """

    accuracy: float | None
    auc: float | None
    error: float | None
    perplexity: float | None = None
    failing: int
    loss: float
    kl: float | None
    rms: float
    independent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairedScore:
    """The repaired model against the float model, and against the int8 model it was.

    ``mcnemar_p`` compares its right and wrong outputs with the float model's. ``independent`` as of
    ``QuantizedScore``, ``independent_changes`` of the fixed and regressed tests alone.
    """

    accuracy: float | None
    auc: float | None
    error: float | None
    perplexity: float | None = None
    failing: int
    fixed: int
    regressed: int
    loss: float
    kl: float | None
    rms: float
    mcnemar_p: float | None
    independent: int
    independent_changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Samples that no step of the repair has seen.

    ``task`` is the kind of task, ``loss_name`` what its loss measures, ``teacher`` what the
    quantized models are compared with. ``samples`` counts the tests, ``distinct`` those of samples
    that equal no earlier one. ``repaired`` is null where only the int8 file was evaluated.
    ``expected`` are the expected failing tests of a classifier; null where ``not_expected`` states
    why there are none.
    """

    task: str
    loss_name: str
    teacher: str
    samples: int
    distinct: int
    float: FloatScore
    int8: QuantizedScore
    repaired: RepairedScore | None
    expected: Expected | None = None
    not_expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """How sure the figures of the validation are, as far as its number of samples goes.

    ``level`` is the probability that an interval holds the true value, for samples drawn at random
    from what the device will see. ``int8_failing`` and ``repaired_failing`` are shares of the tests
    (Clopper and Pearson); ``net_fixed`` is fixed less regressed tests of as many samples
    (exact, given how many tests changed) and ``net_fixed_p`` the two-sided p-value of McNemar's
    exact test that both are equally likely. Null where there is no repaired file.
    """

    level: float
    method: str
    int8_failing: ConfidenceInterval
    repaired_failing: ConfidenceInterval | None
    net_fixed: ConfidenceInterval | None
    net_fixed_p: float | None
