"""Kinds of tampering with files, signature and samples; the certificate is not sealed anew."""

from dataclasses import replace

import numpy as np

from kits import make_keys
from mendlite.checker.form import dumps, loads
from mendlite.emit.certificate import sign


def _changed(data, generator):
    """One byte, at random, is another."""
    at = int(generator.integers(len(data)))
    value = data[at] ^ int(generator.integers(1, 256))
    return data[:at] + bytes([value]) + data[at + 1 :]


def base_byte(kit, generator):
    return replace(kit, base=_changed(kit.base, generator))


def patched_byte(kit, generator):
    return replace(kit, patched=_changed(kit.patched, generator))


def certificate_byte(kit, generator):
    return replace(kit, certificate=_changed(kit.certificate, generator))


def swapped_files(kit, _generator):
    return replace(kit, base=kit.patched, patched=kit.base)


def cut_file(kit, generator):
    which = ("base", "patched", "certificate")[int(generator.integers(3))]
    data = getattr(kit, which)
    return replace(kit, **{which: data[: int(generator.integers(len(data)))]})


def grown_file(kit, generator):
    which = ("base", "patched", "certificate")[int(generator.integers(3))]
    more = generator.integers(0, 256, int(generator.integers(1, 9)), np.uint8).tobytes()
    return replace(kit, **{which: getattr(kit, which) + more})


def signature_bit(kit, generator):
    values = loads(kit.certificate)
    field = ("value", "public_key")[int(generator.integers(2))]
    raw = bytearray.fromhex(values["signature"][field])
    raw[int(generator.integers(len(raw)))] ^= 1 << int(generator.integers(8))
    values["signature"] = {**values["signature"], field: raw.hex()}
    return replace(kit, certificate=dumps(values))


def signature_gone(kit, _generator):
    values = loads(kit.certificate)
    del values["signature"]
    return replace(kit, certificate=dumps(values), require=True)


def signed_by_another(kit, _generator):
    key, _ = make_keys()
    unsigned = {k: v for k, v in loads(kit.certificate).items() if k != "signature"}
    return replace(kit, certificate=dumps(sign(unsigned, key)), require=True)


def other_samples(kit, generator):
    """The data behind the certificate is another: one stored value of one sample."""
    name = ("repair", "selection", "validation")[int(generator.integers(3))]
    found = kit.data.sets[name]
    raw = [np.array(values) for values in found.raw]
    flat = raw[0].reshape(-1)
    at = int(generator.integers(flat.size))
    flat[at] = flat[at] + 1
    sets = {**kit.data.sets, name: replace(found, raw=tuple(raw))}
    return replace(kit, data=replace(kit.data, sets=sets))


PLAIN = (
    base_byte, patched_byte, certificate_byte, swapped_files, cut_file, grown_file, signature_bit,
    signature_gone, signed_by_another, other_samples,
)  # fmt: skip
