"""The firmware's engine as a native process under ASan and UBSan: models in, tensors out.

The program is firmware_tests/unit/differential.c, which says what goes over its pipes.
"""

import fcntl
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "unit"
REQUEST = struct.Struct("<IIIII")
ANSWER = struct.Struct("<ii")
ENTRY = struct.Struct("<iI")
REASONS = {
    -5: "no room",
    -7: "malformed",
    -8: "unsupported",
    100: "too much work",
    101: "inputs of another size",
}
"""The engine's statuses (wire/status.h) and the program's own."""


class EngineCrashError(Exception):
    """The process died; the message is what the sanitizer wrote."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the engine made of a model; ``tensors`` are (index, bytes of each sample).

    A status of -100 and less is that of the first sample that it could not run, less 100.
    """

    status: int
    operator: int
    tensors: tuple = ()

    @property
    def reason(self):
        """The status in words."""
        return REASONS.get(self.status, f"status {self.status}")


def build_engine():
    """Builds the program, once for all processes, and returns its path."""
    if shutil.which("make") is None:
        raise AssertionError("make is missing: tools/install_cross.sh says what to install")
    BUILT.mkdir(parents=True, exist_ok=True)
    folder = ROOT / "firmware_tests" / "unit"
    with (BUILT / "differential.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-s", "-C", str(folder), "differential"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, f"the native engine was not built:\n{done.stdout}{done.stderr}"
    return BUILT / "differential"


class NativeEngine:
    """One process, started when it is first used and again after it died."""

    def __init__(self):
        """Builds the program if need be."""
        self._program = build_engine()
        self._process = None
        self._said = None

    def close(self):
        """Ends the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
            self._said.close()
            self._process = None

    def run(self, model, profile, samples, sample_size, recording=0):
        """Runs ``samples``, a list of bytes of ``sample_size`` each; raises EngineCrashError.

        A model's variables begin again every ``recording`` samples.
        """
        self._start()
        try:
            return self._exchange(model, profile, samples, sample_size, recording)
        except (BrokenPipeError, EOFError) as error:
            raise EngineCrashError(self._last_words()) from error

    def _exchange(self, model, profile, samples, sample_size, recording):
        head = REQUEST.pack(len(model), sample_size, len(samples), profile, recording)
        self._process.stdin.write(head + model + b"".join(samples))
        self._process.stdin.flush()
        status, operator = ANSWER.unpack(self._read(ANSWER.size))
        if status != 0:
            return Answer(status=status, operator=operator)
        (count,) = struct.unpack("<I", self._read(4))
        entries = [ENTRY.unpack(self._read(ENTRY.size)) for _ in range(count)]
        values = []
        for _ in samples:
            (ran,) = struct.unpack("<i", self._read(4))
            status = status or (ran and ran - 100)
            values.append([b"" if ran else self._read(size) for _, size in entries])
        tensors = tuple((t, [v[i] for v in values]) for i, (t, _) in enumerate(entries))
        return Answer(status=status, operator=operator, tensors=tensors)

    def _start(self):
        if self._process is None:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
            self._process = subprocess.Popen(
                [str(self._program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )

    def _read(self, size):
        data = self._process.stdout.read(size)
        if len(data) != size:
            raise EOFError
        return data

    def _last_words(self):
        self._process.kill()
        self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        self._process.stdout.close()
        self._said.close()
        self._process = None
        return said or "it ended without a word"
