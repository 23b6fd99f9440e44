"""Waiting for an event. HANG is the guard: on any load what is waited for comes long before."""

import time
from pathlib import Path

HANG = 300.0
"""Seconds after which something is taken to hang."""


def until(happened, what):
    """Waits until ``happened()`` is true and returns what it gave; fails with ``what`` at HANG."""
    end = time.monotonic() + HANG
    while not (found := happened()):
        assert time.monotonic() < end, f"{what}: not within {HANG:g} s"
        time.sleep(0.01)
    return found


def is_running(pid):
    """Whether a process is there, and no zombie that nobody waits for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
