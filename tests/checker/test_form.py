"""The form of a certificate: one spelling, one digest."""

import json

import numpy as np
import pytest

from mendlite.checker import form
from mendlite.errors import ClaimError
from mendlite.reading.limited import CERTIFICATE

VALUES = {
    "format": form.FORMAT,
    "version": form.VERSION,
    "b": [1, 0.5, None],
    "a": {"z": 1, "é": "ü"},
}


def sealed(**more):
    return form.dumps(form.seal({**VALUES, **more}))


def test_what_is_written_is_read():
    data = sealed()
    found = form.loads(data)
    assert {k: found[k] for k in VALUES} == VALUES
    assert data.decode().splitlines()[1] == '"a":{"z":1,"\\u00e9":"\\u00fc"},'
    assert json.loads(data) == found
    assert found["digest"] == form.digest(found)


def test_a_seal_takes_the_place_of_an_older_one_and_drops_its_signature():
    old = form.seal({**VALUES, "signature": {"value": "x"}})
    assert "signature" not in old
    assert form.seal({**old, "b": 2})["digest"] != old["digest"]


BAD = {
    "no JSON": (b"{", "not JSON"),
    "not UTF-8": (b"\xff\xfe{}", "not JSON: it is no UTF-8 text$"),
    "a list": (b"[]", "not a mendlite certificate"),
    "another format": (b'{"format":"mendlite-delta"}', "not a mendlite certificate"),
    "another version": (sealed().replace(b'"version":1', b'"version":2'), "version 2 is not 1"),
    "a space": (sealed().replace(b'"b":', b'"b": '), "not in its canonical form"),
    "another order": (b"\n".join(sealed().splitlines()[i] for i in (0, 2, 1, 3, 4, 5, 6)) + b"\n", "not in its canonical form"),
    "another spelling": (sealed().replace(b"0.5", b"0.50"), "not in its canonical form"),
    "a key twice": (sealed().replace(b'"b":', b'"b":7,\n"b":'), "not in its canonical form"),
    "a changed value": (sealed().replace(b"0.5", b"0.6"), "its digest is not"),
    "a missing digest": (form.dumps(VALUES), "its digest is not"),
    "no number": (sealed().replace(b"0.5", b"NaN"), "a value without a form"),
    "too many lists": (b"[" * 100000, "not JSON"),
    "too deep": (b"[" * 60000, "none: its lists and tables nest too deep$"),
    "too many digits": (b"1" * 5000, "none: one of its numbers has too many digits$"),
    "beyond float64": (sealed().replace(b"0.5", b"1e999"), "a number beyond float64's range$"),
    "cut off": (sealed()[:40], "not JSON from line 3 on$"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_any_other_form_is_refused(what):
    data, message = BAD[what]
    with pytest.raises(ClaimError, match=message):
        form.loads(data)


def test_what_is_opened_as_a_certificate_is_read():
    assert CERTIFICATE.largest == form.LARGEST


def test_the_certificate_of_a_large_patch_is_read():
    # A patch of MobileNetV2 edits 1.7 million values: 36 MB.
    data = sealed(edits="0" * 37 * 2**20)
    assert len(form.loads(data)["edits"]) == 37 * 2**20 < form.LARGEST / 5


def test_a_huge_file_is_not_read(monkeypatch):
    monkeypatch.setattr(form, "LARGEST", 10)
    with pytest.raises(ClaimError, match="the certificate has more than"):
        form.loads(sealed())


def test_digests_tell_values_types_and_shapes_apart():
    x = np.arange(6, dtype=np.int8)
    others = [x + 1, x.astype(np.int16), x.reshape(2, 3), x[:5]]
    found = {form.arrays_digest([values]) for values in [x, *others]}
    assert len(found) == 5
    assert form.arrays_digest([x.reshape(2, 3).T]) != form.arrays_digest([x.reshape(3, 2)])
    assert form.arrays_digest([x, x]) != form.arrays_digest([np.concatenate([x, x])])


def test_samples_have_a_digest_each():
    x = np.arange(6, dtype=np.int8).reshape(3, 2)
    whole = form.sample_digests([x])
    assert len(whole) == 3 * form.PRINT
    assert whole[form.PRINT :] == form.sample_digests([x[1:]])
    assert form.sample_digests([x, x]) != whole
    assert form.answers_digest([1, 2]) != form.answers_digest(["1", "2"])
