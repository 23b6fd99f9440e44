"""Certified repairs whose graph was edited, and such with other bytes in the inserted block."""

import base64
import struct
from dataclasses import replace
from hashlib import sha256

import numpy as np

from kits import forged, make_keys, make_kit
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.verified_table import root
from small_targets import HEAD
from tiny_models import build, float_twin

PATHS = ("float.tflite", "some/where/int8.tflite", "out/repaired.tflite")


def kit_of(folder, make):
    """A certified repair of a model, its graph edited."""
    x = np.random.default_rng(5).normal(0, 2.0, (400, 6, 5, 3)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    (folder / "float.tflite").write_bytes(build(float_twin(make())))
    (folder / "int8.tflite").write_bytes(build(make()))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")
    case = load_case(str(folder), CaseOptions())
    key, public = make_keys()
    repaired = repair(case, Settings.of("bias", edit_graph=True), PATHS)
    assert repaired.delta.graph is not None
    return make_kit(case, repaired, "tiny", key=key, public=public)


def changed(kit, change):
    """The kit with another inserted block: digests and file follow, so that only its meaning tells.

    ``change`` edits the edited file (a bytearray, the same bytes in both forms of it).
    """
    values = loads(kit.certificate)
    entry = values["graph"]
    size = len(base64.b64decode(entry["inserted"]))
    files = []
    for data in (edited_file(kit, entry), kit.patched):
        new = bytearray(data)
        change(new)
        files.append(bytes(new))
    entry["inserted"] = base64.b64encode(files[0][8 : 8 + size]).decode()
    assert files[0][8 + size :] == kit.base[8:], "the forger keeps the base file's bytes"
    entry["edited_sha256"] = sha256(files[0]).hexdigest()
    values["files"]["patched"]["sha256"] = sha256(files[1]).hexdigest()
    return replace(forged(kit, values), patched=files[1], require=False)


def edited_file(kit, entry):
    block = base64.b64decode(entry["inserted"])
    return struct.pack("<I", entry["root"]) + kit.base[4:8] + block + kit.base[8:]


def two_operators_change_places(data, places=(2, 3)):
    begin, _ = root(bytes(data)).children("subgraphs")[0].vector("operators")
    at = [begin + 4 * i + struct.unpack_from("<I", data, begin + 4 * i)[0] for i in places]
    for place, target in zip(places, reversed(at), strict=True):
        struct.pack_into("<I", data, begin + 4 * place, target - begin - 4 * place)
