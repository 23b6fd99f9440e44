"""Signatures of a certificate: whose they are, and the keys and forms that are refused."""

import base64
import subprocess
from hashlib import sha256

import pytest

from as_a_user import mendlite, write_keys
from hidden_packages import hide
from mendlite.checker.form import dumps, loads, seal
from mendlite.emit.certificate import (
    SMALL_ORDER,
    SPKI,
    check_signature,
    load_key,
    public_key_pem,
)
from mendlite.errors import BadInputError, ClaimError, MissingPackageError


def test_signatures_are_required_and_refused(copy, keys, tmp_path_factory):
    path, other = copy / "certificate.json", write_keys(tmp_path_factory.mktemp("other"))
    failed = mendlite("check", path, "--require-signature", other[1], ok=1)
    assert "signed by another key" in failed.stderr
    values = loads(path.read_bytes())
    del values["signature"]
    path.write_bytes(dumps(values))
    assert "signature: none" in mendlite("check", path, "--samples", 1).stdout
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
    hide(monkeypatch, "cryptography")
    with pytest.raises(MissingPackageError, match=r"mendlite\[sign\]"):
        check_signature(values, None)


def test_the_key_is_shown_where_none_is_required(copy, keys):
    text = mendlite("check", copy / "certificate.json", "--samples", 1).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", keys[1], "-outform", "DER"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert f"signature: by the key with sha256 {sha256(der).hexdigest()}; whose key" in text
    assert "signature: it holds" not in text


PRIME = 2**255 - 19


def on_curve(y):
    """Whether a point of edwards25519 has this y, and its x."""
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    square = (y * y - 1) * pow(d * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    return x if x * x % PRIME == square else None


def add(p, q):
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    (a, b), (c, e) = p, q
    product = d * a * b * c * e
    return (
        (a * e + b * c) * pow(1 + product, -1, PRIME) % PRIME,
        (b * e + a * c) * pow(1 - product, -1, PRIME) % PRIME,
    )


def test_the_points_of_small_order_are_those_of_the_curve():
    orders = set()
    for y in SMALL_ORDER:
        point = start = (on_curve(y), y)
        order = 1
        while point != (0, 1):
            point, order = add(point, start), order + 1
        orders.add(order)
    assert orders == {1, 2, 4, 8}


WEAK = [
    (y + more).to_bytes(32, "little")
    for y in sorted(SMALL_ORDER)
    for more in (0, 2**255, PRIME, PRIME + 2**255)
    if (y + more) < 2**256 and (more % 2**255 == 0 or y < 19)
]


@pytest.mark.parametrize("key", WEAK, ids=bytes.hex)
def test_a_key_that_anyone_can_sign_for_is_refused(values, key):
    """R = A, S = 0 satisfies the equation for many messages where A has a small order."""
    signature = {**values["signature"], "public_key": key.hex(), "value": (key + bytes(32)).hex()}
    with pytest.raises(ClaimError, match="anyone can sign for"):
        check_signature({**values, "signature": signature}, None)
    text = base64.b64encode(SPKI + key).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()
    with pytest.raises(BadInputError, match="public key"):
        check_signature(values, pem)


def test_a_forged_signature_by_such_a_key_would_hold():
    """Why: the library itself accepts the identity as a key, R = identity and S = 0."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    identity = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"anything")
