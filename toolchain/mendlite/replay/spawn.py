"""Start other programs that end when this process ends, however that happens."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PR_SET_PDEATHSIG = 1
"""``prctl``: the signal that a process gets when the thread that started it ends (Linux)."""


class Spawner:
    """The thread that starts programs: they end with it, and it lives as long as this process."""

    def __init__(self) -> None:
        """A thread of this process, and of each fork of it."""
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spawner")

    def start(self, words: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """``subprocess.Popen`` of ``words``, in a session of its own.

        Ctrl-C is for this process, which decides what then becomes of the other one. Raises
        OSError where the program cannot be started.
        """
        return self._thread.submit(_popen, words, options).result()


SPAWNER = Spawner()


def _popen(words: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        **options,
        preexec_fn=_ends_with_us(),  # noqa: PLW1509 - one call of libc, loaded before the fork
        start_new_session=True,
    )


def _ends_with_us() -> Callable[[], None] | None:
    """A hook: the operating system ends the program when this process ends in any way.

    The program may be amid a computation that looks at no connection.
    """
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL(None, use_errno=True)
        return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return None
