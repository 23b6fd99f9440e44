"""A client of MLPerf Tiny's serial protocol, which asks and waits as the public runner does.

It knows the protocol only, and nothing of the firmware's code.
"""

import re
import time
from dataclasses import dataclass

from waiting import HANG

END = "%"
"""Ends a command; nothing follows it."""

READY = "m-ready"
"""In the last line of every reply."""


BYTES_A_COMMAND = 31
"""Of the 80 characters that a board keeps of a command, `db ` and 62 digits are used."""


class SilentError(Exception):
    """No line came in time."""


@dataclass(frozen=True)
class Inference:
    laps: tuple
    """The board's clock before and after the inferences, in microseconds."""
    results: str
    """The numbers as the board printed them."""
    lines: tuple


class PortLine:
    """A port that pyserial opened, as a line to read and write."""

    def __init__(self, path):
        import serial

        self._port = serial.Serial(path, 115200, timeout=0.1)

    def read(self, wait):
        self._port.timeout = max(wait, 0)
        first = self._port.read(1)
        return first + self._port.read(self._port.in_waiting)

    def write(self, data):
        self._port.write(data)

    def close(self):
        self._port.close()


class Dut:
    """A device under test at the other end of ``line``: its read(seconds) and write(bytes)."""

    def __init__(self, line):
        self._line = line
        self._received = b""

    def greeting(self):
        """What the board says after a reset."""
        return self._reply()

    def command(self, text):
        """The lines of the reply, ``m-ready`` among them; empty lines are left out."""
        self._line.write((text + END).encode())
        return self._reply()

    def name(self):
        return self._value(self.command("name"), r"m-name-dut-\[([^]]+)]")

    def profile(self):
        """The firmware's and the benchmark's name."""
        lines = self.command("profile")
        firmware = self._value(lines, r"m-profile-\[([^]]+)]")
        return firmware, self._value(lines, r"m-model-\[([^]]+)]")

    def timestamp(self):
        return int(self._value(self.command("timestamp"), r"m-lap-us-([0-9]+)"))

    def load(self, data):
        """Fill the board's input buffer; the last reply."""
        lines = self.command(f"db load {len(data)}")
        assert lines == [f"m-[Expecting {len(data)} bytes]", READY]
        for begin in range(0, len(data), BYTES_A_COMMAND):
            assert lines[-1] == READY
            lines = self.command(f"db {data[begin : begin + BYTES_A_COMMAND].hex()}")
        assert lines == ["m-load-done", READY]

    def infer(self, number, warmups):
        lines = self.command(f"infer {number} {warmups}")
        laps = [m[1] for m in (re.fullmatch(r"m-lap-us-([0-9]+)", line) for line in lines) if m]
        return Inference(tuple(map(int, laps)), self._results(lines), tuple(lines))

    def results(self):
        return self._results(self.command("results"))

    def skip(self):
        """Forget what the board still had to say: all before the reply to a command sent now."""
        self._line.write(f"timestamp{END}".encode())
        end = time.monotonic() + HANG
        while not (found := re.search(rb"m-lap-us-[0-9]+\r\n\0?m-ready\r\n", self._received)):
            if time.monotonic() > end:
                raise SilentError(f"no time in {HANG:g} s, only {self._received!r}")
            self._received += self._line.read(1)
        self._received = self._received[found.end() :]

    def _results(self, lines):
        return self._value(lines, r"m-results-\[([^]]+)]")

    def _value(self, lines, pattern):
        found = [m[1] for m in (re.fullmatch(pattern, line) for line in lines) if m]
        assert len(found) == 1, (pattern, lines)
        return found[0]

    def _reply(self):
        lines = []
        while not (lines and READY in lines[-1]):
            line = self._next_line()
            if line:
                lines.append(line)
        return lines

    def _next_line(self):
        until = time.monotonic() + HANG
        while b"\n" not in self._received:
            left = until - time.monotonic()
            if left <= 0:
                raise SilentError(f"no line in {HANG:g} s, only {self._received!r}")
            self._received += self._line.read(left)
        line, self._received = self._received.split(b"\n", 1)
        # Between text and frames a board may send an end, which no line shows.
        return line.decode("ascii").strip("\r\0")
