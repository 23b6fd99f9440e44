"""Finish a certificate's file: sign it, check a signature, add what was proved later.

Ed25519 (RFC 8032) through the ``cryptography`` package, which is imported only here. What is
signed is ``MESSAGE`` followed by the certificate's digest in hex.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from mendlite.checker.form import dumps, loads, seal
from mendlite.errors import BadInputError, ClaimError
from mendlite.packages import load

MESSAGE = b"mendlite-certificate 1\n"
ALGORITHM = "ed25519"
PURPOSE = "a signature"
"""What needs cryptography."""

SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 public key in its PEM form (RFC 8410)."""

PRIME = 2**255 - 19
"""The field of Ed25519's coordinates."""

SMALL_ORDER = frozenset({
    0, 1, PRIME - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
})  # fmt: skip
"""The y of the eight points whose order divides the cofactor 8: a key at one of them accepts
signatures that its owner never made (RFC 8032 leaves the check to the verifier)."""


def with_bounds(certificate: bytes, bounds: Mapping[str, Any]) -> bytes:
    """The certificate's file with one more entry in ``bounds``, a new digest and no signature.

    ``bounds`` are plain JSON values: what was proved of the outputs over a box of inputs.
    ``mendlite check`` tries them on inputs of the box and does not prove them again. Raises
    ClaimError where the certificate was altered.
    """
    values = loads(certificate)
    return dumps(seal({**values, "bounds": [*values.get("bounds", []), dict(bounds)]}))


def load_key(pem: bytes) -> Any:
    """The Ed25519 private key of a PEM file; raises BadInputError for anything else."""
    keys, serialization = _cryptography()
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise BadInputError(f"the key cannot be read (PEM without a password): {error}") from error
    if not isinstance(key, keys.Ed25519PrivateKey):
        raise BadInputError("the key is not Ed25519: openssl genpkey -algorithm ed25519 makes one")
    return key


def sign(certificate: Mapping[str, Any], key: Any) -> dict[str, Any]:
    """The sealed certificate with the signature of ``key``, one from ``load_key``."""
    value = key.sign(_message(certificate))
    return {
        **certificate,
        "signature": {
            "algorithm": ALGORITHM,
            "public_key": key.public_key().public_bytes_raw().hex(),
            "value": value.hex(),
        },
    }


def public_key_pem(certificate: Mapping[str, Any]) -> str:
    """The public key that signed, as PEM; raises ClaimError where nothing did."""
    text = base64.b64encode(SPKI + _signature(certificate)[0]).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def fingerprint(certificate: Mapping[str, Any]) -> str:
    """SHA-256 in hex of the key that signed, in its DER form; raises ClaimError without one.

    ``openssl pkey -pubin -in public.pem -outform DER | sha256sum`` prints the same.
    """
    return sha256(SPKI + _signature(certificate)[0]).hexdigest()


def check_signature(certificate: Mapping[str, Any], pem: bytes | None) -> None:
    """Raise ClaimError unless the certificate is signed, by the key of ``pem`` where one is given.

    A key of small order, or in another than its one encoding, signs nothing. Raises BadInputError
    where ``pem`` is no Ed25519 public key that could.
    """
    keys, serialization = _cryptography()
    invalid = load("cryptography.exceptions", PURPOSE).InvalidSignature
    raw, value = _signature(certificate)
    if pem is not None and _public(pem, keys, serialization) != raw:
        raise ClaimError("the certificate is signed by another key than the required one")
    try:
        keys.Ed25519PublicKey.from_public_bytes(raw).verify(value, _message(certificate))
    except (invalid, ValueError) as error:
        raise ClaimError("the certificate's signature does not hold") from error


def _message(certificate: Mapping[str, Any]) -> bytes:
    return MESSAGE + str(certificate["digest"]).encode()


def _signature(certificate: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """(public key, signature) as bytes."""
    entry = certificate.get("signature")
    if entry is None:
        raise ClaimError("the certificate is not signed")
    try:
        names, algorithm = set(entry), entry["algorithm"]
        key, value = bytes.fromhex(entry["public_key"]), bytes.fromhex(entry["value"])
        # One spelling alone: hex digits in capitals are the same bytes and another file.
        one_form = (key.hex(), value.hex()) == (entry["public_key"], entry["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimError(f"the certificate's signature cannot be read: {error}") from error
    whole = names == {"algorithm", "public_key", "value"} and algorithm == ALGORITHM
    if not (one_form and whole and (len(key), len(value)) == (32, 64)):
        raise ClaimError("the certificate's signature is not an Ed25519 one")
    if _is_weak(key):
        raise ClaimError("the certificate's signature is by a key that anyone can sign for")
    return key, value


def _is_weak(key: bytes) -> bool:
    """Whether the encoded point has a small order, or is not encoded canonically."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    return y >= PRIME or y in SMALL_ORDER


def _public(pem: bytes, keys: Any, serialization: Any) -> bytes:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError) as error:
        raise BadInputError(f"the public key cannot be read: {error}") from error
    if not isinstance(key, keys.Ed25519PublicKey):
        raise BadInputError("the public key is not Ed25519")
    raw: bytes = key.public_bytes_raw()
    if _is_weak(raw):
        raise BadInputError("the public key is one that anyone can sign for (small order)")
    return raw


def _cryptography() -> tuple[Any, Any]:
    """Its modules ``ed25519`` and ``serialization``."""
    primitives = "cryptography.hazmat.primitives"
    keys = load(f"{primitives}.asymmetric.ed25519", PURPOSE)
    return keys, load(f"{primitives}.serialization", PURPOSE)
