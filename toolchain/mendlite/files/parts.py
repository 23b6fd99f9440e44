"""Files that are still being written: hidden, beside their place, locked by who writes them."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PATTERN = ".mendlite-*.part"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialFile:
    """One complete, synced file beside its place. Its lock lasts as long as ``handle`` is open."""

    handle: int
    path: Path
    place: Path

    def put(self) -> None:
        """Rename the file to its final name, replacing an older one."""
        os.replace(self.path, self.place)  # noqa: PTH105 - atomic, as documented

    def close(self) -> None:
        """End the lock, and remove the file where it was not put in its place."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        os.close(self.handle)


def write_part(place: Path, data: bytes) -> PartialFile:
    """Write ``data`` beside ``place``, synced; raises OSError and then leaves nothing.

    The mode is that of the file at ``place``, else what the umask leaves of 0666.
    """
    path = place.parent / f".mendlite-{secrets.token_hex(8)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o666)
    part = PartialFile(handle=handle, path=path, place=place)
    try:
        lock(handle)
        with suppress(FileNotFoundError):
            os.fchmod(handle, stat.S_IMODE(place.lstat().st_mode) & 0o777)
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        part.close()
        raise
    return part


def lock(handle: int) -> bool:
    """Lock an open file or folder until it is closed; False where another process has it.

    A file system without locks (ENOTSUP, ENOLCK) counts as locked by us: no process can test it.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def remove_stale(folder: Path) -> None:
    """Remove the parts that killed runs left in a folder: those that no process has locked."""
    for path in folder.glob(PATTERN):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode) and _is_free(handle):
                    path.unlink()
            finally:
                os.close(handle)


def _is_free(handle: int) -> bool:
    """Whether no process has locked the file; False where that is unknown."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk; raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
