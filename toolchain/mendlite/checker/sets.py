"""A set of samples in the certificate: its figures against its own lists, then against the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from mendlite.checker.form import PRINT, answers_digest, arrays_digest
from mendlite.checker.inputs import SampleSet
from mendlite.checker.tasks import CheckedTask
from mendlite.checker.text import shown
from mendlite.errors import ClaimError

JUDGED = ("selection", "validation")
"""Sets with figures; the repair set has its hashes alone."""

SETS = ("repair", *JUDGED)


def check_lists(name: str, entry: Mapping[str, Any], task: CheckedTask) -> None:
    """Raise ClaimError unless the counts of a compared set are those of its lists."""
    failing, figures = entry["failing"], entry["figures"]
    count, digested = (
        entry["samples"] * times for times in (task.tests_of_sample, task.digests_of_sample)
    )
    before, after = (
        _failing_rows(name, failing["before"], count),
        _failing_rows(name, failing["after"], count),
    )
    counts = {
        "failing_before": len(before),
        "failing_after": len(after),
        "fixed": len(before - after),
        "regressed": len(after - before),
    }
    for figure, expected in counts.items():
        if figures[figure] != expected or type(figures[figure]) is not int:
            raise ClaimError(
                f"{name}: {figure} is {shown(figures[figure])}, but the lists of tests have "
                f"{expected}"
            )
    for model, digests in entry["outputs"].items():
        if digests is not None and (len(digests) != PRINT * digested or not set(digests) <= HEX):
            raise ClaimError(f"{name}: the output digests of {model} are not one a sample")
    if task.discrete:
        kind = "int" if task.of_classes else "str"
        listed = (answer for answers in entry["answers"].values() for answer in answers)
        if any(type(answer).__name__ != kind for answer in listed):
            raise ClaimError(f"{name}: a class is no {kind}")
        _check_answers(name, entry, {"base": before, "patched": after}, count)
    elif any(answers is not None for answers in entry["answers"].values()):
        raise ClaimError(f"{name}: a {task.kind} has no classes to list")


HEX = frozenset("0123456789abcdef")


def _failing_rows(name: str, listed: Sequence[Any], count: int) -> set[int]:
    rows = set(listed)
    if not all(type(p) is int and 0 <= p < count for p in listed) or sorted(rows) != listed:
        raise ClaimError(f"{name}: failing tests are not rising positions of {count} samples")
    return rows


def _check_answers(
    name: str, entry: Mapping[str, Any], failing: Mapping[str, set[int]], count: int
) -> None:
    answers = entry["answers"]
    teacher = answers["teacher"]
    if any(len(answers[model]) != count for model in ("teacher", "base", "patched")):
        raise ClaimError(f"{name}: there is not one class per sample")
    if answers_digest(teacher) != entry["teacher_sha256"]:
        raise ClaimError(f"{name}: the teacher's classes do not match their digest")
    for model, listed in failing.items():
        differ = {i for i, (a, b) in enumerate(zip(teacher, answers[model], strict=True)) if a != b}
        if differ != listed:
            raise ClaimError(f"{name}: the failing tests of {model} are not where classes differ")


def check_samples(name: str, entry: Mapping[str, Any], samples: SampleSet) -> None:
    """Raise ClaimError unless the data are the samples that the certificate names."""
    if samples.count != entry["samples"]:
        raise ClaimError(
            f"{name}: the data has {samples.count} samples, not {shown(entry['samples'])}"
        )
    digests = {
        "inputs_sha256": arrays_digest(samples.raw),
        "labels_sha256": None if samples.labels is None else arrays_digest([samples.labels]),
        "recorded_sha256": arrays_digest(samples.outputs) if samples.outputs else None,
    }
    for what, digest in digests.items():
        if entry[what] != digest:
            raise ClaimError(f"{name}: the data's {what} is not the certificate's")


def check_apart(sets: Mapping[str, SampleSet]) -> None:
    """Raise ClaimError where a sample stands in two sets."""
    known: dict[bytes, str] = {}
    for name in SETS:
        prints = set(_prints(sets[name]))
        shared = next((known[p] for p in prints if p in known), None)
        if shared is not None:
            raise ClaimError(f"a sample is in both {shared} and {name}")
        known |= dict.fromkeys(prints, name)


def repeated(samples: SampleSet) -> int:
    """Samples whose contents stand earlier in the same set."""
    return samples.count - len(set(_prints(samples)))


def _prints(samples: SampleSet) -> Iterable[bytes]:
    for i in range(samples.count):
        yield sha256(b"".join(values[i].tobytes() for values in samples.raw)).digest()


def check_accuracy(
    name: str, entry: Mapping[str, Any], task: CheckedTask, samples: SampleSet
) -> None:
    """Raise ClaimError unless the accuracies follow from the classes and the data's labels."""
    labels = task.labels_by_test(samples.labels)
    labelled = task.discrete and labels is not None and labels.size
    for model in ("teacher", "base", "patched"):
        computed = None
        if labelled and labels is not None:
            computed = task.right(entry["answers"][model], labels)
        claimed = entry["figures"]["accuracy"][model]
        if type(claimed) is not type(computed) or claimed != computed:
            raise ClaimError(
                f"{name}: the accuracy of {model} is {shown(claimed)}, by the labels it is "
                f"{computed}"
            )
