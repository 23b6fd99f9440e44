"""False certificates by someone who knows the checker: everything else follows the lie.

Each is a function of (kit, generator) as in ``tampering.py``. Whoever checks has the data, the
float model and the base file of a target of their own; the forger has all that, too, but no key.
"""

from dataclasses import replace

import numpy as np

from kits import follow, forged, judged, seal
from mendlite.checker.form import answers_digest, arrays_digest, dumps, loads
from mendlite.checker.inputs import SampleSet

MODELS = ("teacher", "base", "patched")


def refill(kit, values, name):
    """Make failing tests, counts, accuracies and the teacher's digest follow from the answers."""
    entry = values["sets"][name]
    answers = entry["answers"]
    entry["teacher_sha256"] = answers_digest(answers["teacher"])
    for when, model in (("before", "base"), ("after", "patched")):
        pairs = zip(answers["teacher"], answers[model], strict=True)
        entry["failing"][when] = [i for i, (a, b) in enumerate(pairs) if a != b]
    follow(kit, values, entry)


def many_flattered(kit, generator):
    """Up to a hundred failing tests are said to pass: a draw may miss them, the whole does not."""
    values = loads(kit.certificate)
    answers = values["sets"]["validation"]["answers"]
    wrong = [i for i, (a, b) in enumerate(zip(answers["teacher"], answers["patched"], strict=True))
             if a != b]  # fmt: skip
    for row in wrong[: int(generator.integers(1, len(wrong) + 1))]:
        answers["patched"][row] = answers["teacher"][row]
    refill(kit, values, "validation")
    return forged(kit, values)


def worsened_base(kit, generator):
    """The base is said to have failed where it passed, so that more seems repaired."""
    values = loads(kit.certificate)
    answers = values["sets"]["validation"]["answers"]
    right = [i for i, (a, b) in enumerate(zip(answers["teacher"], answers["base"], strict=True))
             if a == b]  # fmt: skip
    for row in generator.choice(right, int(generator.integers(1, 60)), replace=False):
        answers["base"][int(row)] = (answers["teacher"][int(row)] + 1) % 10
    refill(kit, values, "validation")
    return forged(kit, values)


def obedient_teacher(kit, _generator):
    """The float model is said to have answered as the repaired one does, everywhere."""
    values = loads(kit.certificate)
    for name in ("selection", "validation"):
        answers = values["sets"][name]["answers"]
        answers["teacher"] = list(answers["patched"])
        refill(kit, values, name)
    return forged(kit, values)


def swapped_roles(kit, _generator):
    """The repaired file is the base, and the base the repaired one: a true tale of other files."""
    values = loads(kit.certificate)
    files = values["files"]
    files["base"], files["patched"] = files["patched"], files["base"]
    for edit in values["edits"]:
        edit["old"], edit["new"] = edit["new"], edit["old"]
    for name in ("selection", "validation"):
        entry = values["sets"][name]
        for part in ("answers", "outputs"):
            table = entry[part]
            table["base"], table["patched"] = table["patched"], table["base"]
        refill(kit, values, name)
    return forged(replace(kit, base=kit.patched, patched=kit.base), values)


def kept_base(kit, _generator):
    """Nothing was repaired: the patched file is the base, and the figures stay."""
    values = loads(kit.certificate)
    files = values["files"]
    files["patched"] = {**files["base"], "name": "repaired.tflite"}
    values["edits"] = []
    values["checks"]["bytes"] = {"edits": 0, "bytes_changed": 0, "by_kind": {}}
    return forged(replace(kit, patched=kit.base), values)


def _rows(kit, values, name, rows):
    """The set's entry for these samples alone, hashes and lists included."""
    entry, samples = values["sets"][name], kit.data.sets[name].take(rows)
    entry["samples"] = samples.count
    entry["inputs_sha256"] = arrays_digest(samples.raw)
    entry["labels_sha256"] = arrays_digest([samples.labels])
    for model in MODELS:
        entry["answers"][model] = [entry["answers"][model][row] for row in rows]
    for model in ("base", "patched"):
        digests = entry["outputs"][model]
        entry["outputs"][model] = "".join(digests[8 * row : 8 * row + 8] for row in rows)
    shown = replace(kit, data=replace(kit.data, sets={**kit.data.sets, name: samples}))
    refill(shown, values, name)
    return forged(kit, values)


def removed_samples(kit, generator):
    """Samples that fail after the repair were left out of the set."""
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    failing = entry["failing"]["after"]
    gone = set(failing[: int(generator.integers(1, len(failing) + 1))])
    return _rows(kit, values, "validation",
                 [row for row in range(entry["samples"]) if row not in gone])  # fmt: skip


def repeated_samples(kit, generator):
    """Samples that were fixed stand in the set more than once."""
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    fixed = sorted(set(entry["failing"]["before"]) - set(entry["failing"]["after"]))
    more = [int(row) for row in generator.choice(fixed, 5)]
    return _rows(kit, values, "validation", [*range(entry["samples"]), *more])


def subset(kit, generator):
    """Figures of the first part of a set."""
    values = loads(kit.certificate)
    name = ("selection", "validation")[int(generator.integers(2))]
    count = values["sets"][name]["samples"]
    return _rows(kit, values, name, list(range(int(generator.integers(1, count)))))


def exchanged_sets(kit, _generator):
    """The selection set, which steps were chosen by, is shown as the validation set."""
    values = loads(kit.certificate)
    sets = values["sets"]
    sets["selection"], sets["validation"] = sets["validation"], sets["selection"]
    return forged(kit, values)


def seen_samples(kit, generator):
    """Whoever checks has a target whose validation set holds repair samples, hashes and all."""
    values, sets = loads(kit.certificate), dict(kit.data.sets)
    raw = np.array(sets["validation"].raw[0])
    raw[int(generator.integers(len(raw)))] = sets["repair"].raw[0][0]
    sets["validation"] = replace(sets["validation"], raw=(raw,))
    values["sets"]["validation"]["inputs_sha256"] = arrays_digest([raw])
    return forged(replace(kit, data=replace(kit.data, sets=sets)), values)


def other_labels(kit, generator):
    """Accuracies of other labels than the data's."""
    values, samples = loads(kit.certificate), kit.data.sets["validation"]
    labels = np.array(samples.labels)
    labels[int(generator.integers(len(labels)))] += 1
    shown = SampleSet(raw=samples.raw, labels=labels)
    entry = values["sets"]["validation"]
    entry["labels_sha256"] = arrays_digest([labels])
    sets = {**kit.data.sets, "validation": shown}
    refill(replace(kit, data=replace(kit.data, sets=sets)), values, "validation")
    return forged(kit, values)


def weaker_task(kit, generator):
    """A task under which less fails, or another teacher."""
    values = loads(kit.certificate)
    recipe = values["recipe"]
    changes = ({"kind": "regression", "tolerance": 1e9}, {"threshold": 0.01}, {"tolerance": 1e9},
               {"scores": 0})  # fmt: skip
    chosen = int(generator.integers(len(changes) + 1))
    if chosen < len(changes):
        recipe["task"] |= changes[chosen]
    else:
        recipe["teacher"] = "labels"
    return forged(kit, values)


def other_input_rule(kit, generator):
    """Another preprocessing than the target's."""
    values = loads(kit.certificate)
    rule = values["recipe"]["inputs"][0]
    rule.update(({"int8": "raw"}, {"raw_offset": 128}, {"multiply": 2.0}, {"subtract": [1.0]})[
        int(generator.integers(4))
    ])  # fmt: skip
    return forged(kit, values)


def other_teacher(kit, _generator):
    """The quantized file itself is named as the float model."""
    values = loads(kit.certificate)
    values["files"]["float"] = {**values["files"]["base"], "name": "float.tflite"}
    for name in ("selection", "validation"):
        answers = values["sets"][name]["answers"]
        answers["teacher"] = list(answers["base"])
        refill(kit, values, name)
    return forged(kit, values)


def other_kernels(kit, generator):
    """Figures of one rounding profile under the name of another, or of one that nobody knows."""
    values = loads(kit.certificate)
    values["profile"] = ("tflite_ref", "single", "nonsense", "")[int(generator.integers(4))]
    return forged(kit, values)


BOX = {"property": "the class is equal", "region": "every input", "verdict": "proved",
       "compared": ["base", "patched"], "low": [-128] * 64, "high": [127] * 64}  # fmt: skip


def forged_bounds(kit, generator):
    """Bounds that bound nothing, or that an input of their own box leaves."""
    narrow = [{"output": n, "lower": -1e-9, "upper": 1e-9} for n in range(10)]
    wide = [{"output": n, "lower": -1e9, "upper": 1e9} for n in range(10)]
    changes = (
        {"outputs": narrow},
        {"outputs": []},
        {"outputs": wide, "low": [-(2**40)] * 64, "high": [2**40] * 64},
        {"outputs": wide, "low": [-129] * 64},
        {"outputs": [*wide, {"output": -1, "lower": -1e9, "upper": 1e9}]},
        {"outputs": wide, "verdict": "proved\nsignature: it holds"},
        {"outputs": wide, "compared": ["base", "nothing"]},
        {"outputs": wide, "compared": ["base"]},
        {"outputs": [{"output": 0, "lower": 1.0, "upper": -1.0}]},
    )
    values = loads(kit.certificate)
    values["bounds"] = [BOX | changes[int(generator.integers(len(changes)))]]
    return forged(kit, values)


def unknown_entry(kit, generator):
    """A figure that no check looks at."""
    values = loads(kit.certificate)
    places = (values, values["sets"], judged(values, generator), values["checks"])
    places[int(generator.integers(len(places)))]["proved"] = {"failing_after": 0}
    return forged(kit, values)


def anyones_key(kit, generator):
    """Signed for a key of small order, whose signatures anyone can make."""
    values = seal(loads(kit.certificate))
    point = (1).to_bytes(32, "little") if generator.integers(2) else bytes(32)
    values["signature"] = {"algorithm": "ed25519", "public_key": point.hex(),
                           "value": (point + bytes(32)).hex()}  # fmt: skip
    return replace(kit, certificate=dumps(values), require=bool(generator.integers(2)))


def no_numbers(kit, generator):
    """Values that no certificate may hold, in the file as text."""
    texts = (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 5000, b"[" * 5000, b'"\\ud800"')
    text = texts[int(generator.integers(len(texts)))]
    return replace(kit, certificate=kit.certificate.replace(b'"seed":0', b'"seed":' + text))


FORGERIES = (
    many_flattered, worsened_base, obedient_teacher, swapped_roles, kept_base, removed_samples,
    repeated_samples, subset, exchanged_sets, seen_samples, other_labels, weaker_task,
    other_input_rule, other_teacher, other_kernels, forged_bounds, unknown_entry, anyones_key,
    no_numbers,
)  # fmt: skip
