"""Saved deltas: every value bit by bit, and what is no delta is refused at once in one line."""

import io
import json
import time
import zipfile
import zlib

import numpy as np
import pytest

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads

HEAD = {"format": "mendlite-delta", "version": 1, "base_sha256": "0" * 64, "patched_sha256": ""}
EDIT = {"tensor": 1, "field": "data", "dtype": "int8", "index": [0], "old": [0], "new": [1]}


def delta_of(old, new):
    edit = TensorEdit(tensor=1, field=Field.DATA, index=np.arange(len(old)), old=old, new=new)
    return Delta(base_sha256="0" * 64, patched_sha256="", edits=(edit,))


ODD_FLOATS = (
    0,
    0x80000000,
    1,
    0x7F7FFFFF,
    0x7F800000,
    0xFF800000,
    0x7FC00000,
    0x7FA00001,
    0xFFC00123,
)


@pytest.mark.parametrize("dumps", [dumps_json, dumps_npz])
@pytest.mark.parametrize(
    "values",
    [
        np.array(ODD_FLOATS, "<u4").view("<f4"),
        np.array([0, 1, 0x7BFF, 0x7C00, 0x7E01, 0xFC00], "<u2").view("<f2"),
        np.array([0, 1, 2**63, 0x7FF0 << 48, (0x7FF0 << 48) + 1, 0x3FB999999999999A], "<u8").view("<f8"),
        np.array([0, 2**64 - 1], "<u8"), np.array([0, 1, 7, 255], "u1").view(bool), np.array([0, 65535], "<u2"),
        np.array([0, 2**32 - 1], "<u4"), np.array([-(2**63), 2**63 - 1], "<i8"),
    ],
    ids=lambda v: v.dtype.name,
)  # fmt: skip
def test_every_type_keeps_its_bits(dumps, values):
    again = loads(dumps(delta_of(values, values[::-1].copy()))).edits[0]
    assert again.old.dtype == again.new.dtype == values.dtype
    assert again.old.tobytes() == values.tobytes()
    assert again.new.tobytes() == values[::-1].tobytes()


def test_the_json_form_is_json():
    text = dumps_json(delta_of(np.array(ODD_FLOATS, "<u4").view("<f4"), np.zeros(9, "<f4")))
    json.loads(text, parse_constant=pytest.fail)


def test_complex_values_are_refused_not_cut():
    for dumps in (dumps_json, dumps_npz):
        with pytest.raises(UnsupportedModelError, match="tensor 1: .* complex64"):
            dumps(delta_of(np.zeros(1, "<c8"), np.ones(1, "<c8")))


def text_of(**changes):
    return json.dumps(HEAD | {"edits": [EDIT | changes]}).encode()


NO_DELTA = {
    "NaN": text_of(dtype="float32", old=[float("nan")]),
    "an infinity": text_of(dtype="float32", new=[float("inf")]),
    "too many bits": text_of(dtype="float32", new=["0x123456789"]),
    "a word for a float": text_of(dtype="float32", new=["one"]),
    "a boolean for a float": text_of(dtype="float32", new=[True]),
    "beyond float32": text_of(dtype="float32", new=[1e39]),
    "a huge integer": text_of(new=[10**400]),
    "a text for a column": text_of(new="1"),
    "a surrogate": text_of(field="\ud800"),
    "a surrogate for a type": text_of(dtype="\ud800"),
    "a boolean for a tensor": text_of(tensor=True),
    "a list for a field": text_of(field=["data"]),
    "columns of other lengths": text_of(new=[1, 2]),
    "edits that are no list": json.dumps(HEAD | {"edits": {"a": 1}}).encode(),
    "edits that are no objects": json.dumps(HEAD | {"edits": ["a"]}).encode(),
    "no edits": json.dumps(HEAD).encode(),
    "no digest of the base": json.dumps(HEAD | {"base_sha256": "x" * 64, "edits": []}).encode(),
    "deep nesting": b"[" * 1_000_000,
    "deep nesting of objects": b'{"a":' * 1_000_000,
    "a number of many digits": b'{"format": ' + b"9" * 100_000 + b"}",
    "an archive of nothing": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("what", NO_DELTA)
def test_what_is_no_delta_is_refused_at_once(what):
    start = time.process_time()
    with pytest.raises(BadInputError) as refused:
        loads(NO_DELTA[what])
    assert "\n" not in str(refused.value)
    assert str(refused.value).isprintable()
    assert time.process_time() - start < 1


def archive(members, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return target.getvalue()


def npy(shape, dtype="|i1", data=b""):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def header_of(**changes):
    text = json.dumps(HEAD | {"edits": [{"tensor": 1, "field": "data"}]} | changes).encode()
    return npy((len(text),), "|u1", text)


def corrupt():
    data = bytearray(archive({"header.npy": header_of()}))
    data[60:70] = bytes(10)
    return bytes(data)


def whole(**changes):
    members = {"header.npy": header_of(), "index_0.npy": npy((1,), "<i8", bytes(8)),
               "old_0.npy": npy((1,), "|i1", b"\0"), "new_0.npy": npy((1,), "|i1", b"\1")}  # fmt: skip
    return archive(members | changes)


BAD_ARCHIVES = {
    "no header": archive({"x.npy": npy((1,), "|i1", b"x")}),
    "corrupt": corrupt(),
    "a bomb": archive({"header.npy": header_of(), "index_0.npy": npy((2**28,), "|i1", bytes(2**28))}),
    "an array of 2^40": whole(**{"index_0.npy": npy((2**40,), "<i8")}),
    "a negative shape": whole(**{"index_0.npy": npy((-1,), "<i8")}),
    "an object": whole(**{"old_0.npy": npy((1,), "|O", b"x")}),
    "a record": whole(**{"old_0.npy": npy((1,), "|S3", b"xyz")}),
    "another order of bytes": whole(**{"index_0.npy": npy((1,), ">f8", bytes(8))}),
    "a table of indices": whole(**{"index_0.npy": npy((1, 1), "<i8", bytes(8))}),
    "code in a header": whole(**{"new_0.npy": npy("__import__('os')", "|i1", b"x")}),
    "a deep header": whole(**{"new_0.npy": npy("(" * 5000, "|i1", b"x")}),
    "a header that is no JSON": archive({"header.npy": npy((3,), "|u1", b"{{{")}),
    "missing columns": archive({"header.npy": header_of()}),
}  # fmt: skip


def test_a_whole_archive_is_read():
    assert loads(whole()).edits[0].new.tolist() == [1]


@pytest.mark.parametrize("what", BAD_ARCHIVES)
def test_a_bad_archive_is_refused_at_once(what):
    start = time.process_time()
    with pytest.raises(BadInputError) as refused:
        loads(BAD_ARCHIVES[what])
    assert "\n" not in str(refused.value)
    assert time.process_time() - start < 1


def test_damaged_archives_are_refused_or_the_same():
    data = whole()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(data)
        damaged[rng.integers(len(data))] = rng.integers(256)
        try:
            found = loads(bytes(damaged))
        except BadInputError:
            continue
        assert found.edits[0].new.tolist() == [1], zlib.crc32(damaged)
