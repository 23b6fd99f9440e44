"""``python -m mendlite`` without the second that its imports take: forked from a ready process.

Each command has a server of its own (command_server.py), so a fork has imported what that command
imports and no more. Where the environment has what an interpreter or a library reads as it starts,
a new interpreter runs the command.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Lock

from mendlite.cli import COMMANDS
from waiting import HANG

ROOT = Path(__file__).parents[1]
PATH = {"PYTHONPATH": str(ROOT / "toolchain")}
READ_AT_START = ("PYTHON", "OPENBLAS", "OMP_", "MKL_", "NPY_", "LD_", "MALLOC_", "LC_", "LANG")


def run(words, *, environment, cwd=None):
    """``mendlite WORDS`` as subprocess.run with text captured; it fails after HANG seconds."""
    words = list(map(str, words))
    ready = bool(words) and words[0] in COMMANDS
    if not ready or at_start(PATH | environment) != at_start(os.environ | PATH):
        return subprocess.run(
            [sys.executable, "-m", "mendlite", *words], cwd=cwd, env=environment,
            capture_output=True, text=True, check=False, timeout=HANG,
        )  # fmt: skip
    return server(words[0]).run(words, environment, cwd)


def at_start(environment):
    """What an interpreter and its libraries read as they start."""
    return {k: v for k, v in environment.items() if k.startswith(READ_AT_START)}


class Server:
    """One command's ready process."""

    def __init__(self, command):
        self.lock = Lock()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "command_server.py"), command],
            env=os.environ | PATH, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        atexit.register(self.end)

    def run(self, words, environment, cwd):
        with self.lock, tempfile.TemporaryDirectory() as folder:
            out, err = (Path(folder) / name for name in ("out", "err"))
            request = {
                "arguments": words, "folder": str(Path(cwd or Path.cwd()).absolute()),
                "environment": environment, "out": str(out), "err": str(err),
            }  # fmt: skip
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], HANG)[0]:
                self.end()
                raise subprocess.TimeoutExpired(words, HANG)
            answer = self.process.stdout.readline()
            assert answer, f"the process that runs {words} ended"
            code = int(answer)
            return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


SERVERS = {}


def server(command):
    """The command's process, started where it is first used or the one before ended."""
    if command not in SERVERS or SERVERS[command].process.poll() is not None:
        SERVERS[command] = Server(command)
    return SERVERS[command]
