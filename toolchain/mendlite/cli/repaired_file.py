"""A repaired file that is about to leave for a board: accepted, and a repair of its base."""

from __future__ import annotations

from pathlib import Path

from mendlite.checker.form import loads
from mendlite.cli.common import read_bytes
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import require_whole
from mendlite.model.graph import Model
from mendlite.reading.limited import CERTIFICATE as CERTIFICATE_FILE
from mendlite.tflite.diff import diff
from mendlite.tflite.reader import read_file

CERTIFICATE = "certificate.json"


def repair_of(base: Path, repaired: Path, signature: str | None) -> tuple[bytes, bytes]:
    """The bytes of both files, of which ``signature`` was repaired.

    Raises BadInputError where the reader refuses one, ``repaired`` differs from ``base`` in more
    than the values of constants, scales and zero-points, or a certificate beside it is of others.
    """
    before = read_file(base, signature)
    after = read_file(require_whole(repaired), signature)
    try:
        diff(before, after)
    except MendliteError as error:
        raise BadInputError(f"{repaired} is no repair of {base}: {error}") from error
    _require_certified(repaired.parent / CERTIFICATE, before, after, repaired)
    return before.data, after.data


def _require_certified(path: Path, before: Model, after: Model, repaired: Path) -> None:
    """Raise BadInputError where the certificate at ``path`` is of another base or repaired file."""
    if not path.exists():
        return
    try:
        files = loads(read_bytes(path, CERTIFICATE_FILE))["files"]
        certified = files["base"]["sha256"], files["patched"]["sha256"]
    except (MendliteError, KeyError, TypeError) as error:
        raise BadInputError(
            f"{path}: the certificate beside {repaired} cannot be read ({error}): repair again, or "
            "move it away"
        ) from error
    for what, model, digest in zip(("base", "repaired"), (before, after), certified, strict=True):
        if model.sha256 != digest:
            raise BadInputError(
                f"{path} certifies another {what} file (sha256 {str(digest)[:16]!r}...) than the "
                f"present one ({model.sha256[:16]}...): repair again, or move the certificate away"
            )
