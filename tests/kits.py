"""What somebody hands over: two files, a certificate and what it is checked against."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from mendlite.checker.form import dumps, loads, seal
from mendlite.checker.inputs import SampleSet
from mendlite.checker.verify import Data, check
from mendlite.emit.certificate import check_signature, sign
from mendlite.errors import MendliteError
from mendlite.jobs.certificate import make_certificate
from mendlite.tflite.reader import read


@dataclass(frozen=True)
class Kit:
    """What somebody hands over; ``public`` is the PEM of the key that must have signed."""

    base: bytes
    patched: bytes
    certificate: bytes
    data: Data
    public: bytes
    require: bool = False


def make_keys():
    """(private key, public key as PEM)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key, key.public_key().public_bytes(serialization.Encoding.PEM, form)


def make_kit(case, repaired, reference, *, key, public):
    """An untouched kit of a repair."""
    certificate = sign(make_certificate(case, repaired, reference), key)
    named = ("repair", "selection", "validation")
    sets = {
        name: SampleSet(raw=found.raw, labels=found.labels, outputs=found.outputs)
        for name, found in ((n, getattr(case.sets, n)) for n in named)
    }
    teacher = None if case.float_model is None else case.float_model.data
    base = sha256(case.quantized.data).hexdigest()
    data = Data(recipe=case.recipe.plain(), sets=sets, teacher=teacher, base=base)
    return Kit(case.quantized.data, repaired.data, dumps(certificate), data, public)


def noticed(kit, limit=None):
    """The error's words, or why it is not verified; None where everything holds."""
    try:
        certificate = loads(kit.certificate)
        if kit.require:
            check_signature(certificate, kit.public)
        elif "signature" in certificate:
            check_signature(certificate, None)
        found = check(certificate, kit.base, kit.patched, kit.data, limit)
    except MendliteError as error:
        return str(error)
    return found.missing


def forged(kit, values):
    """The kit with these values, sealed anew and unsigned."""
    return replace(kit, certificate=dumps(seal(values)))


def judged(values, generator):
    return values["sets"][("selection", "validation")[int(generator.integers(2))]]


def follow(kit, values, entry):
    """Make counts and accuracies follow, so that only the models can tell."""
    name = next(n for n, e in values["sets"].items() if e is entry)
    labels = kit.data.sets[name].labels
    for model, answers in entry["answers"].items():
        right = int(np.count_nonzero(np.asarray(answers) == labels))
        entry["figures"]["accuracy"][model] = right / len(labels)
    before, after = (set(entry["failing"][w]) for w in ("before", "after"))
    entry["figures"] |= {
        "failing_before": len(before), "failing_after": len(after),
        "fixed": len(before - after), "regressed": len(after - before),
    }  # fmt: skip


def recounted(entry, after):
    """Make a certificate's set claim that these tests fail after the repair, and no others."""
    before = set(entry["failing"]["before"])
    entry["failing"]["after"] = sorted(after)
    entry["figures"] |= {
        "failing_after": len(after), "fixed": len(before - after), "regressed": len(after - before),
    }  # fmt: skip


def nudged(kit, tensor):
    """One edited value of ``tensor`` is another one, declared with its new hash; nothing follows."""
    values, patched = loads(kit.certificate), bytearray(kit.patched)
    of_tensor = (e for e in values["edits"] if e["tensor"] == tensor)
    edit = next(e for e in of_tensor if e["kind"] in {"weight", "constant"})
    # The highest byte of the value, which is the last one.
    size = read(kit.base).tensors[tensor].constant().dtype.itemsize
    at = edit["offset"][0] + size - 1
    edit["new"][0] ^= 64 << 8 * (size - 1)
    patched[at] ^= 64
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=bytes(patched)), values)


def one_failing_left_out(kit):
    """The first failing validation test is claimed to have the teacher's answer."""
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    failing = entry["failing"]["after"]
    assert failing
    entry["answers"]["patched"][failing[0]] = entry["answers"]["teacher"][failing[0]]
    recounted(entry, set(failing[1:]))
    return forged(kit, values)
