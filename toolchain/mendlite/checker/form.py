"""The form of ``certificate.json`` (docs/SPEC.md, "The certificate").

Canonical JSON: UTF-8, keys sorted, no spaces, the shortest decimals that read back to the same
float64. ``digest`` is the SHA-256 of the canonical JSON of everything but ``digest`` and
``signature``. The file itself is the same JSON with each top-level entry on a line of its own,
and only in exactly that form is it read: no byte of it can change unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.text import shown
from mendlite.errors import ClaimError

FORMAT, VERSION = "mendlite-certificate", 1
LARGEST = 256 * 2**20
"""Bytes of the largest certificate that is read: one of some 12 million edited values."""

MOST_TABLES = 2**16
"""Lists and tables in a certificate: a few for each edited tensor and set."""

UNDIGESTED = ("digest", "signature")

TOO_DEEP = "its lists and tables nest too deep"

PRINT = 8
"""Hex digits of a sample's output digest."""

Values = dict[str, Any]


def canonical(value: Any) -> bytes:
    """Canonical JSON of a value of plain Python types; raises ValueError for NaN and infinity."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def digest(certificate: Mapping[str, Any]) -> str:
    """What ``digest`` must be, in hex."""
    covered = {k: v for k, v in certificate.items() if k not in UNDIGESTED}
    return sha256(canonical(covered)).hexdigest()


def seal(values: Mapping[str, Any]) -> Values:
    """The values with their digest, and without a signature, which would be another's."""
    covered = {k: v for k, v in values.items() if k not in UNDIGESTED}
    return {**covered, "digest": digest(covered)}


def dumps(certificate: Mapping[str, Any]) -> bytes:
    """The certificate as a file."""
    lines = (f"{canonical(k).decode()}:{canonical(certificate[k]).decode()}"
             for k in sorted(certificate))  # fmt: skip
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def loads(data: bytes) -> Values:
    """Read a certificate and check its form and digest; raises ClaimError."""
    if len(data) > LARGEST:
        raise ClaimError(f"the certificate has more than {LARGEST >> 20} MB")
    if data.count(b"[") + data.count(b"{") > MOST_TABLES:
        raise ClaimError("the certificate is none: it has too many lists and tables, or not JSON")
    certificate = _parsed(data)
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise ClaimError("this is not a mendlite certificate: its format is another")
    if type(version := certificate.get("version")) is not int or version != VERSION:
        raise ClaimError(f"certificate version {shown(version)} is not {VERSION}")
    _require_form(certificate, data)
    if certificate.get("digest") != digest(certificate):
        raise ClaimError("the certificate was altered: its digest is not that of its entries")
    return certificate


def _parsed(data: bytes) -> Any:
    """The value of the text; raises ClaimError, without the parser's words, where it has none."""
    try:
        return json.loads(data.decode(), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise ClaimError("the certificate is not JSON: it is no UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise ClaimError(f"the certificate is not JSON from line {error.lineno} on") from error
    except RecursionError as error:
        raise ClaimError(f"the certificate is none: {TOO_DEEP}") from error
    except ValueError as error:
        # Python reads no integer of more than 4,300 digits.
        raise ClaimError(
            "the certificate is none: one of its numbers has too many digits"
        ) from error


def _no_number(name: str) -> float:
    raise ClaimError(f"the certificate holds a value without a form, {name}")


def _require_form(certificate: Values, data: bytes) -> None:
    """Raise ClaimError where writing the values again results in other bytes."""
    try:
        same = dumps(certificate) == data
    except RecursionError as error:
        raise ClaimError(f"the certificate is none: {TOO_DEEP}") from error
    except ValueError as error:
        # Written out, a number beyond the largest float64 is an infinity.
        raise ClaimError(
            "the certificate holds a value without a form, a number beyond float64's range"
        ) from error
    if not same:
        raise ClaimError("the certificate was altered: it is not in its canonical form")


def arrays_digest(arrays: Sequence[NDArray[Any]]) -> str:
    """SHA-256 in hex of arrays: of each its dtype and shape as text, then its bytes in C order."""
    total = sha256()
    for values in arrays:
        total.update(f"{values.dtype.str}{list(values.shape)};".encode())
        total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def sample_digests(arrays: Sequence[NDArray[Any]]) -> str:
    """Of each sample of arrays (n, ...) the first 8 hex digits of its bytes' SHA-256, joined."""
    rows = [np.ascontiguousarray(values).reshape(len(values), -1) for values in arrays]
    prints = (
        sha256(b"".join(part.tobytes() for part in sample)) for sample in zip(*rows, strict=True)
    )
    return "".join(each.hexdigest()[:PRINT] for each in prints)


def answers_digest(answers: Sequence[Any]) -> str:
    """SHA-256 in hex of a list of classes, as canonical JSON."""
    return sha256(canonical(list(answers))).hexdigest()
