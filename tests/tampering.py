"""Random tampering with a certificate and its files, for the tests and tools/bench_tamper.py.

Each kind is a function of (kit, generator) that gives the tampered kit. A kind in ``FORGED`` seals
the certificate anew, as one would who has no key: then only a check against files, lists and data
can notice, or a required signature (``SIGNED_ONLY``) where the field cannot be computed again.
``tampered_files.py`` holds the kinds that leave the certificate's seal as it is, and
``forgeries.py`` the kinds of someone who makes everything else follow.
"""

from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import numpy as np

from forgeries import FORGERIES
from kits import Kit, follow, forged, judged, make_keys, make_kit, noticed
from mendlite.checker.edits import place_of
from mendlite.checker.form import answers_digest, loads
from mendlite.checker.graph import read_graph
from tampered_files import PLAIN

__all__ = ["KINDS", "Kit", "forged", "make_keys", "make_kit", "noticed", "tampered"]


def _edit(values, generator):
    return values["edits"][int(generator.integers(len(values["edits"])))]


def dropped_edit(kit, generator):
    values = loads(kit.certificate)
    edit = _edit(values, generator)
    at = int(generator.integers(len(edit["index"])))
    for column in ("index", "offset", "old", "new"):
        del edit[column][at]
    if not edit["index"]:
        values["edits"].remove(edit)
    values["checks"]["bytes"]["edits"] -= 1
    values["checks"]["bytes"]["by_kind"][edit["kind"]] -= 1
    return forged(kit, values)


def added_edit(kit, generator):
    """A value is declared as edited that is the same in both files."""
    values, graph = loads(kit.certificate), read_graph(kit.base)
    kind = next(t for t in graph.tensors if t.data is not None and t.data.dtype == np.int8)
    edits = {e["tensor"]: e for e in values["edits"] if e["kind"] == "weight"}
    tensor = kind.index
    place = place_of(graph, tensor, "weight")
    edit = edits.get(tensor)
    if edit is None:
        edit = {"tensor": tensor, "name": kind.name, "kind": "weight", "dtype": "int8"}
        edit |= {"index": [], "offset": [], "old": [], "new": []}
        values["edits"].append(edit)
    free = sorted(set(range(place.count)) - set(edit["index"]))
    index = free[int(generator.integers(len(free)))]
    at = int(np.searchsorted(edit["index"], index))
    old = int(place.values(kit.base)[index])
    added = {"index": index, "offset": place.at + index, "old": old, "new": old}
    for column, value in added.items():
        edit[column].insert(at, value)
    values["checks"]["bytes"]["edits"] += 1
    counts = values["checks"]["bytes"]["by_kind"]
    counts["weight"] = counts.get("weight", 0) + 1
    return forged(kit, values)


def changed_edit(kit, generator):
    values = loads(kit.certificate)
    edit = _edit(values, generator)
    column = ("index", "offset", "old", "new")[int(generator.integers(4))]
    at = int(generator.integers(len(edit[column])))
    edit[column][at] += int(generator.choice([-3, -2, -1, 1, 2, 3]))
    return forged(kit, values)


def relabelled_edit(kit, generator):
    values = loads(kit.certificate)
    edit = _edit(values, generator)
    field = ("tensor", "kind", "dtype", "name")[int(generator.integers(4))]
    others = {
        "tensor": range(len(read_graph(kit.base).tensors)),
        "kind": ("weight", "bias", "scale", "zero_point", "constant"),
        "dtype": ("int8", "int32", "float32", "int64"),
        "name": ("", "another"),
    }[field]
    choices = [other for other in others if other != edit[field]]
    edit[field] = choices[int(generator.integers(len(choices)))]
    return forged(kit, values)


def changed_figure(kit, generator):
    values = loads(kit.certificate)
    entry = judged(values, generator)
    figures = entry["figures"]
    names = ["failing_before", "failing_after", "fixed", "regressed", "samples"]
    names += [m for m, v in figures["accuracy"].items() if v is not None]
    name = names[int(generator.integers(len(names)))]
    step = int(generator.choice([-2, -1, 1, 2]))
    if name == "samples":
        entry["samples"] += step
    elif name in figures["accuracy"]:
        figures["accuracy"][name] += step / entry["samples"]
    else:
        figures[name] += step
    return forged(kit, values)


def changed_count(kit, generator):
    values = loads(kit.certificate)
    counts = values["checks"]["bytes"]
    if generator.integers(2):
        counts[("edits", "bytes_changed")[int(generator.integers(2))]] += 1
    else:
        which = values["files"][("base", "patched")[int(generator.integers(2))]]
        which["bytes"] += int(generator.choice([-1, 1]))
    return forged(kit, values)


def flattered_answer(kit, generator):
    """An answer that failed is said to be the teacher's, and all lists and counts follow."""
    values = loads(kit.certificate)
    entry = judged(values, generator)
    answers, failing = entry["answers"], entry["failing"]
    when, model = (("before", "base"), ("after", "patched"))[int(generator.integers(2))]
    row = int(generator.integers(entry["samples"]))
    if answers["teacher"][row] == answers[model][row]:
        answers[model][row] = (answers["teacher"][row] + 1) % 10
        failing[when] = sorted({*failing[when], row})
    else:
        answers[model][row] = answers["teacher"][row]
        failing[when].remove(row)
    follow(kit, values, entry)
    return forged(kit, values)


def flattered_teacher(kit, generator):
    """The teacher is said to have answered as the repaired model does, or otherwise."""
    values = loads(kit.certificate)
    entry = judged(values, generator)
    answers = entry["answers"]
    wrong = entry["failing"]["after"] or [int(generator.integers(entry["samples"]))]
    row = wrong[int(generator.integers(len(wrong)))]
    mine = answers["patched"][row]
    answers["teacher"][row] = mine if mine != answers["teacher"][row] else (mine + 1) % 10
    entry["teacher_sha256"] = answers_digest(answers["teacher"])
    for when, model in (("before", "base"), ("after", "patched")):
        pairs = zip(answers["teacher"], answers[model], strict=True)
        entry["failing"][when] = [i for i, (a, b) in enumerate(pairs) if a != b]
    follow(kit, values, entry)
    return forged(kit, values)


def changed_hash(kit, generator):
    values = loads(kit.certificate)
    name = ("repair", "selection", "validation")[int(generator.integers(3))]
    entry = values["sets"][name]
    fields = [f for f in ("inputs_sha256", "labels_sha256", "teacher_sha256") if entry.get(f)]
    field = fields[int(generator.integers(len(fields)))]
    entry[field] = _another_digit(entry[field], generator)
    return forged(kit, values)


def changed_output(kit, generator):
    values = loads(kit.certificate)
    outputs = judged(values, generator)["outputs"]
    model = ("base", "patched")[int(generator.integers(2))]
    outputs[model] = _another_digit(outputs[model], generator)
    return forged(kit, values)


def _another_digit(text, generator):
    at = int(generator.integers(len(text)))
    digit = "0123456789abcdef"[(int(text[at], 16) + int(generator.integers(1, 16))) % 16]
    return text[:at] + digit + text[at + 1 :]


def other_recipe(kit, generator):
    values = loads(kit.certificate)
    rule = values["recipe"]["inputs"][0]
    rule[("multiply", "subtract")[int(generator.integers(2))]] = float(generator.uniform(2, 9))
    return forged(kit, values)


def silent_patch(kit, generator):
    """One more weight is changed in the patched file; only its digest follows."""
    values, graph = loads(kit.certificate), read_graph(kit.patched)
    weights = [t for t in graph.tensors if t.data is not None and t.data.dtype == np.int8]
    view = weights[int(generator.integers(len(weights)))]
    at = view.at + int(generator.integers(view.data.size))
    patched = bytearray(kit.patched)
    patched[at] ^= int(generator.integers(1, 256))
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=bytes(patched)), values)


def declared_patch(kit, generator):
    """One bias of the last layer is changed and declared; answers and outputs stay as they were."""
    values, graph = loads(kit.certificate), read_graph(kit.patched)
    last = [op for op in graph.ops if op.name == "FULLY_CONNECTED"][-1]
    view = graph.tensors[last.inputs[2]]
    index = int(generator.integers(view.data.size))
    data = np.array(view.data)
    data[index] += int(generator.choice([-1, 1])) * int(generator.integers(2000, 9000))
    patched = kit.patched[: view.at] + data.tobytes() + kit.patched[view.at + data.nbytes :]
    old = np.frombuffer(kit.base, "<i4", data.size, view.at)
    rows = np.flatnonzero(old != data)
    values["edits"] = [
        e for e in values["edits"] if (e["tensor"], e["kind"]) != (view.index, "bias")
    ]
    values["edits"].append({
        "tensor": view.index, "name": view.name, "kind": "bias", "dtype": "int32",
        "index": rows.tolist(), "offset": (view.at + 4 * rows).tolist(),
        "old": old[rows].tolist(), "new": data[rows].tolist(),
    })  # fmt: skip
    kinds = {}
    for edit in values["edits"]:
        kinds[edit["kind"]] = kinds.get(edit["kind"], 0) + len(edit["index"])
    pairs = zip(kit.base, patched, strict=True)
    values["checks"]["bytes"] = {
        "edits": sum(kinds.values()), "by_kind": kinds,
        "bytes_changed": sum(a != b for a, b in pairs),
    }  # fmt: skip
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=patched), values)


def unknowable_field(kit, generator):
    """What no file tells: only a signature protects it."""
    values = loads(kit.certificate)
    field = ("seed", "strategy", "kernels", "tool", "versions")[int(generator.integers(5))]
    values[field] = {"seed": 77, "strategy": "x", "kernels": "x", "tool": {}, "versions": {}}[field]
    return replace(forged(kit, values), require=True)


FORGED = (
    dropped_edit, added_edit, changed_edit, relabelled_edit, changed_figure, changed_count,
    flattered_answer, flattered_teacher, changed_hash, changed_output, other_recipe, silent_patch,
    declared_patch,
)  # fmt: skip
SIGNED_ONLY = (unknowable_field,)
KINDS = (*PLAIN, *FORGED, *SIGNED_ONLY, *FORGERIES)


def tampered(kit, count, seed):
    """(name, tampered kit) ``count`` times, the kinds in turn."""
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield kind.__name__, kind(deepcopy(kit), np.random.default_rng([seed, number]))
