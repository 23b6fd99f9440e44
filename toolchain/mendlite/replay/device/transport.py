"""Lines to a board: a serial port by pyserial's URL, or a socket to an emulator."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
from typing import Any, Protocol

from mendlite.errors import DeviceError
from mendlite.packages import load
from mendlite.reading.limited import shown

CHUNK = 65536
"""Bytes taken from a line at once, at most."""

WRITE_SECONDS = 20
"""After so long a line that takes no bytes is taken to be gone."""


class ClosedLineError(OSError):
    """The line is gone: a pulled cable, an emulator that ended."""


class Transport(Protocol):
    """Bytes to and from a board."""

    def read(self, wait: float) -> bytes:
        """What has come; waits at most ``wait`` seconds for the first byte.

        Raises ClosedLineError where the line is gone.
        """

    def write(self, data: bytes) -> None:
        """Send bytes; raises ClosedLineError where the line is gone."""

    def fileno(self) -> int:
        """The file descriptor that can be waited for."""

    def close(self) -> None:
        """Close the line."""


class SocketTransport:
    """A connected stream socket."""

    def __init__(self, line: socket.socket) -> None:
        """Take over ``line``."""
        self._line = line
        self._line.settimeout(WRITE_SECONDS)

    def read(self, wait: float) -> bytes:
        """As the protocol defines."""
        ready, _, _ = select.select([self._line], [], [], max(wait, 0))
        if not ready:
            return b""
        try:
            data = self._line.recv(CHUNK)
        except OSError as error:
            raise ClosedLineError(str(error)) from error
        if not data:
            raise ClosedLineError("end of file")
        return data

    def write(self, data: bytes) -> None:
        """As the protocol defines."""
        try:
            self._line.sendall(data)
        except OSError as error:
            raise ClosedLineError(str(error)) from error

    def fileno(self) -> int:
        """As the protocol defines."""
        return self._line.fileno()

    def close(self) -> None:
        """As the protocol defines."""
        self._line.close()


class SerialTransport:
    """A port that pyserial opened."""

    def __init__(self, port: Any) -> None:
        """Take over an open ``serial.Serial``."""
        self._port = port

    def read(self, wait: float) -> bytes:
        """As the protocol defines."""
        import serial

        try:
            self._port.timeout = max(wait, 0)
            data: bytes = self._port.read(1)
            while data and len(data) < CHUNK and (waiting := self._port.in_waiting):
                data += self._port.read(waiting)
        except (serial.SerialException, OSError) as error:
            raise ClosedLineError(str(error)) from error
        return data

    def write(self, data: bytes) -> None:
        """As the protocol defines."""
        import serial

        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise ClosedLineError(str(error)) from error

    def fileno(self) -> int:
        """As the protocol defines; raises OSError where the port has none."""
        descriptor: int = self._port.fileno()
        return descriptor

    def close(self) -> None:
        """As the protocol defines."""
        self._port.close()


def open_serial(url: str, baud: int) -> Transport:
    """Open a port by its path or pyserial URL, for this program alone.

    Raises DeviceError where it cannot be opened, or another program has it.
    """
    serial = load("serial", "a serial port")
    try:
        port = serial.serial_for_url(
            url, baudrate=baud, timeout=0, write_timeout=WRITE_SECONDS, exclusive=True
        )
    except (serial.SerialException, OSError, ValueError) as error:
        if _is_taken(error):
            raise DeviceError(
                f"{shown(url)} is in use by another program: close it first (another mendlite, a "
                "serial monitor?)"
            ) from error
        raise DeviceError(
            f"{shown(url)} cannot be opened ({_reason(error)}); 'mendlite device list' shows the "
            "ports there are"
        ) from error
    _refuse_others(port)
    return SerialTransport(port)


def _reason(error: BaseException) -> str:
    """Why a port cannot be opened, without pyserial's copy of its name where there is a number."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else shown(str(error).split("\n", maxsplit=1)[0])


def _is_taken(error: BaseException) -> bool:
    """Whether a port could not be opened because it is open elsewhere."""
    number = getattr(error, "errno", None) or getattr(error.__context__, "errno", None)
    # Windows opens every port exclusively.
    denied = sys.platform == "win32" and "PermissionError" in str(error)
    return number in {errno.EBUSY, errno.EAGAIN} or denied


def _refuse_others(port: Any) -> None:
    """Have the system refuse programs that open the port from now on, also those without locks.

    Opening alone resets many boards: the lock, which is taken afterwards, comes too late.
    """
    if sys.platform == "win32":
        return
    import fcntl
    import termios

    with contextlib.suppress(OSError):  # no terminal: a socket, a loop
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
