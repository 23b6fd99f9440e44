"""A process that has imported a command, and runs it in a fork of itself for each line on stdin.

Started by ready_commands.py: ``python command_server.py COMMAND``. A line is the JSON of arguments,
folder, environment and the files for both outputs; the answer is a line with the exit code.
"""

import atexit
import io
import json
import os
import runpy
import sys
import threading
import traceback
from importlib import import_module


def reopen(request):
    """Standard streams as the caller's: nothing to read, both outputs to files."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = (os.devnull, request["out"], request["err"])
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    for name in ("stdout", "stderr"):
        old = getattr(sys, name)
        raw = open(old.fileno(), "wb", closefd=False)  # noqa: SIM115
        line = name == "stderr"
        stream = io.TextIOWrapper(raw, old.encoding, old.errors, line_buffering=line)
        setattr(sys, name, stream)


def run(request):
    """What ``python -m mendlite ARGUMENTS`` does; the exit code."""
    sys.argv = ["mendlite", *request["arguments"]]
    try:
        runpy.run_module("mendlite", run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        sys.stderr.write(f"{stop.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - an interpreter prints any
        traceback.print_exc()
        return 1
    return 0


def child(request):
    """The forked process: it ends here."""
    code = 1
    try:
        os.chdir(request["folder"])
        sys.path[0] = request["folder"]
        os.environ.clear()
        os.environ.update(request["environment"])
        reopen(request)
        code = run(request)
        threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
    finally:
        os._exit(code)


def main():
    """Serve until stdin ends."""
    from mendlite.cli import COMMANDS

    import_module(COMMANDS[sys.argv[1]])
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
