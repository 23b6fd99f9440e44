"""``mendlite repair --sign`` and ``mendlite check`` as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mendlite.checker.form import dumps, loads, seal
from mendlite.emit.certificate import check_signature, load_key, public_key_pem, sign, with_bounds
from mendlite.errors import BadInputError, ClaimError, MissingPackageError

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "targets" / "models" / "digits"
WHOLE = "the certificate holds: bytes, lists, samples and figures"


def mendlite(*arguments, cwd=None, ok=0, **more):
    env = os.environ | {"MENDLITE_DATA": "", "PYTHONPATH": str(ROOT / "toolchain")} | more
    command = [sys.executable, "-m", "mendlite", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == ok, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if ok:
        assert done.stderr.startswith(("mendlite: error: ", "Usage:"))
        assert done.stderr.count("\n") == 1
    return done


def write_keys(folder):
    """The paths of a new pair of PEM files."""
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private, public = folder / "key.pem", folder / "public.pem"
    private.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    form = s.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(s.Encoding.PEM, form))
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return write_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory, keys):
    """The folder of a signed repair."""
    out = tmp_path_factory.mktemp("signed")
    mendlite("repair", "digits", "--strategy", "bias", "--out", out, "--sign", keys[0])
    return out


@pytest.fixture
def copy(signed, tmp_path):
    """The certificate and the patched file, to be spoiled."""
    for name in ("certificate.json", "repaired.tflite"):
        (tmp_path / name).write_bytes((signed / name).read_bytes())
    return tmp_path


def test_a_repair_is_certified_and_checked(signed, keys):
    path = signed / "certificate.json"
    text = mendlite("check", path, "--require-signature", keys[1]).stdout
    assert text.endswith(WHOLE + "\n")
    assert "computed again on 700 of 700 samples" in text
    assert "signature: it holds" in text
    found = json.loads(mendlite("check", path, "--json", "--samples", 9).stdout)
    assert (found["holds"], found["figures"], found["signed"]) == (True, True, True)
    assert "on 9 of 700 samples" in found["checks"][-1]
    assert mendlite("check", path, "--public-key").stdout == keys[1].read_text()


def test_the_files_may_be_named(copy):
    (copy / "other.tflite").write_bytes((DIGITS / "int8.tflite").read_bytes())
    (copy / "new.tflite").write_bytes((copy / "repaired.tflite").read_bytes())
    (copy / "repaired.tflite").unlink()
    path = copy / "certificate.json"
    named = ("--base", copy / "other.tflite", "--patched", copy / "new.tflite")
    assert WHOLE in mendlite("check", path, *named).stdout
    assert WHOLE in mendlite("check", path, *named, "--target", DIGITS).stdout
    text = mendlite("check", path, *named, "--no-data").stdout
    assert text.endswith("its figures were NOT computed again: --no-data\n")
    swapped = ("--base", named[3], "--patched", named[1])
    assert (
        "the base file is not the certificate's" in mendlite("check", path, *swapped, ok=1).stderr
    )
    assert "No such file" in mendlite("check", path, ok=2).stderr
    assert "name the base file by --base" in mendlite("check", path, "--no-data", ok=2).stderr


def test_a_target_by_its_path_is_found_from_the_certificate(tmp_path):
    folder, out = tmp_path / "mine", tmp_path / "out" / "deep"
    folder.mkdir()
    for path in DIGITS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    mendlite("repair", "mine/target.toml", "--strategy", "bias", "--out", out, cwd=tmp_path)
    values = loads((out / "certificate.json").read_bytes())
    assert values["target"]["reference"] == "../../mine/target.toml"
    assert WHOLE in mendlite("check", out / "certificate.json").stdout
    (folder / "target.toml").unlink()
    text = mendlite("check", out / "certificate.json", "--base", folder / "int8.tflite").stdout
    assert "its figures were NOT computed again: no data:" in text
    failed = mendlite("check", out / "certificate.json", "--target", folder, ok=2)
    assert "no such target file" in failed.stderr


def test_what_was_changed_is_one_line_and_exit_code_1(copy):
    path = copy / "certificate.json"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"strategy":"bias"', b'"strategy":"bia5"'))
    failed = mendlite("check", path, ok=1)
    assert f"{path}: the certificate was altered" in failed.stderr
    path.write_bytes(data)
    model = bytearray((copy / "repaired.tflite").read_bytes())
    model[-1] ^= 1
    (copy / "repaired.tflite").write_bytes(model)
    failed = mendlite("check", path, ok=1)
    assert "the patched file is not the certificate's: its sha256 is" in failed.stderr
    assert "No such file" in mendlite("check", copy / "nothing.json", ok=2).stderr


RESEALED = {
    "a folder": (lambda v: v["files"]["patched"].update(name="../x"), "is no plain file name"),
    "no files": (lambda v: v.pop("files"), "files.patched.name is missing or no str"),
    "no target": (lambda v: v.pop("target"), "target.reference is missing or no str"),
    "no text": (lambda v: v["target"].update(reference=3), "target.reference is missing or no str"),
    "no path": (lambda v: v["target"].update(reference="a\0b"), "target is no path"),
    "another target": (lambda v: v["target"].update(name="mine"), "is of target mine"),
    "no seed": (lambda v: v.pop("seed"), "seed is missing or no int"),
    "a negative seed": (lambda v: v.update(seed=-1), "seed is negative"),
    "no sets": (lambda v: v.update(sets=3), "sets.repair.samples is missing or no int"),
    "no repair set": (lambda v: v["sets"].update(repair=[]), "sets.repair.samples is missing"),
}


@pytest.mark.parametrize("what", RESEALED)
def test_a_certificate_that_names_the_wrong_things(copy, what):
    change, message = RESEALED[what]
    path = copy / "certificate.json"
    values = loads(path.read_bytes())
    change(values)
    path.write_bytes(dumps(seal(values)))
    assert message in mendlite("check", path, ok=1).stderr


def test_signatures_are_required_and_refused(copy, keys, tmp_path_factory):
    path, other = copy / "certificate.json", write_keys(tmp_path_factory.mktemp("other"))
    failed = mendlite("check", path, "--require-signature", other[1], ok=1)
    assert "signed by another key" in failed.stderr
    values = loads(path.read_bytes())
    del values["signature"]
    path.write_bytes(dumps(values))
    assert "signature: none" in mendlite("check", path).stdout
    for option in (("--require-signature", keys[1]), ("--public-key",)):
        assert "is not signed" in mendlite("check", path, *option, ok=1).stderr
    failed = mendlite("check", path, "--require-signature", path, ok=1)
    assert "is not signed" in failed.stderr


@pytest.fixture(scope="module")
def values(signed):
    return loads((signed / "certificate.json").read_bytes())


def test_a_signature_is_of_the_digest_by_the_key(values, keys):
    check_signature(values, keys[1].read_bytes())
    assert public_key_pem(values) == keys[1].read_text()
    with pytest.raises(ClaimError, match="does not hold"):
        check_signature(seal({**values, "seed": 1}) | {"signature": values["signature"]}, None)


SPOILED = {
    "cut": {"value": "00"},
    "no hex": {"value": "zz" * 64},
    "a number": {"value": 5},
    "capitals": lambda s: {"public_key": s["public_key"].upper(), "value": s["value"].upper()},
    "another algorithm": {"algorithm": "rsa"},
    "something more": {"more": 1},
    "a key that is no point": {"public_key": "ff" * 32},
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_signature_of_another_form_is_refused(values, what):
    change = SPOILED[what]
    old = values["signature"]
    new = {**old, **(change(old) if callable(change) else change)}
    with pytest.raises(ClaimError, match="signature"):
        check_signature({**values, "signature": new}, None)
    for none in (7, "x", []):
        with pytest.raises(ClaimError, match="signature"):
            check_signature({**values, "signature": none}, None)


def test_keys_that_are_none_are_bad_input(values, keys, tmp_path):
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    curve = generate_private_key(SECP256R1())
    private = curve.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    form = s.PublicFormat.SubjectPublicKeyInfo
    public = curve.public_key().public_bytes(s.Encoding.PEM, form)
    for wrong in (b"", b"x", private, keys[1].read_bytes()):
        with pytest.raises(BadInputError, match="the key"):
            load_key(wrong)
    for wrong in (b"", b"x", public, keys[0].read_bytes()):
        with pytest.raises(BadInputError, match="the public key"):
            check_signature(values, wrong)
    (tmp_path / "key.pem").write_bytes(private)
    failed = mendlite("repair", "digits", "--sign", tmp_path / "key.pem", "--out", tmp_path, ok=2)
    assert "openssl genpkey -algorithm ed25519" in failed.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["key.pem"]


def test_without_the_package_it_says_what_to_install(values, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(MissingPackageError, match=r"mendlite\[sign\]"):
        check_signature(values, None)


def test_bounds_are_added_under_a_new_seal(copy, keys):
    path = copy / "certificate.json"
    box = {"low": [0] * 64, "high": [1] * 64, "outputs": [], "compared": ["base", "patched"]}
    bounds = {"property": "p", "region": "r", "verdict": "proved", **box}
    whole = with_bounds(path.read_bytes(), bounds)
    found = loads(whole)
    assert found["bounds"] == [bounds]
    assert "signature" not in found
    path.write_bytes(dumps(sign(found, load_key(keys[0].read_bytes()))))
    text = mendlite("check", path, "--require-signature", keys[1]).stdout
    assert "bounds (p, r): proved; not proved again" in text
    with pytest.raises(ClaimError):
        with_bounds(whole[:-3], {})


def test_fewer_repair_samples_are_the_same_ones(tmp_path):
    mendlite("repair", "digits", "--strategy", "bias", "--out", tmp_path, "--samples", 50)
    text = mendlite("check", tmp_path / "certificate.json").stdout
    assert "samples: 50 repair, 197 selection, 700 validation" in text
    assert WHOLE in text


def test_the_real_data_are_found(data_root, tmp_path):
    out = tmp_path / "out"
    root = {"MENDLITE_DATA": str(data_root)}
    mendlite("repair", "mlperf_kws", "--strategy", "bias", "--out", out, **root)
    path = out / "certificate.json"
    assert WHOLE in mendlite("check", path, "--data", data_root, "--samples", 20).stdout
    text = mendlite("check", path, "--base", data_root / "models/mlperf_kws/kws_ref_model.tflite")
    assert "NOT computed again: no data: target mlperf_kws needs models" in text.stdout
