"""A command as a user runs it, in this process: nothing unforeseen may leave it."""

import io
import resource
import sys
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from as_a_user import without_work
from mendlite import cli
from mendlite.errors import ExitCode

CODES = {int(code) for code in ExitCode}
MOST_BYTES = 3 * 2**30
"""What a command may take beyond what the process has: a bomb must not take the machine."""

FORBIDDEN = ("Traceback", "internal error", "fault of mendlite", "Warning:")


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    arguments: tuple
    code: int
    out: str
    err: str


@contextmanager
def bounded():
    """Memory for the block; the limits before it afterwards."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def run(*arguments):
    """Run ``mendlite ARGUMENTS``; a warning or an exception outside errors.py is raised here.

    An error is one line on stderr, an exit code one of the documented ones.
    """
    arguments = tuple(map(str, arguments))
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    code = 0
    with (
        bounded(),
        warnings.catch_warnings(),
        mock.patch.object(sys, "argv", ["mendlite", *arguments]),
        mock.patch.dict("os.environ", {"MENDLITE_DEBUG": "1", "COLUMNS": "200"}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("error", UserWarning)
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    done = Done(arguments=arguments, code=code, out=_text(out), err=without_work(_text(err)))
    assert code in CODES, done
    assert not [words for words in FORBIDDEN if words in done.out + done.err], done
    if code:
        # Before the work a repair prints its diagnosis there.
        early = ("Usage:", "diagnosis:")
        assert done.err.count("\n") == 1 or done.err.startswith(early), done
        begins = '{"error": {"code": ' if "--json" in arguments else "mendlite: error: "
        last = done.err.splitlines()[-1]
        usage = done.err.startswith("Usage:")
        assert last.startswith(begins) or usage or code == ExitCode.DIFFERS, done
    return done


def _text(stream):
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "backslashreplace")
