"""A terminal of so many columns that a test writes to and reads from."""

import fcntl
import os
import re
import struct
import termios
import threading
from contextlib import contextmanager

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The stream of a pseudo-terminal, and what was written to it."""

    def __init__(self, columns):
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self._parts = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        # A pseudo-terminal holds little: it is read while it is written to.
        try:
            while part := os.read(self._master, 65536):
                self._parts.append(part)
        except OSError:
            return

    def close(self):
        self.stream.close()
        self._reader.join()
        os.close(self._master)

    @property
    def raw(self):
        return b"".join(self._parts).decode().replace("\r\n", "\n")


@contextmanager
def terminal(columns):
    """A ``Terminal``, complete behind the block."""
    found = Terminal(columns)
    try:
        yield found
    finally:
        found.close()


def without_escapes(text):
    return ESCAPES.sub("", text)
