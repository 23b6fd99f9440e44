"""C harnesses compiled and run, and the bytes that the host's kernels expect of them."""

import shutil
import subprocess

import numpy as np

from mendlite.emit.c_harness import c_harness
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.logits import logits_tensor

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZED = (*STRICT, "-O1", "-fsanitize=undefined,address", "-fno-sanitize-recover=all")
COMPILERS = ["gcc", *(["clang"] if shutil.which("clang") else [])]
CHECKERS = [name for name in ("cbmc", "esbmc") if shutil.which(name)]


def compiled(folder, source, *flags, compiler="gcc"):
    path, program = folder / "harness.c", folder / "harness"
    path.write_bytes(source)
    subprocess.run([compiler, *flags, "-o", str(program), str(path)], check=True)
    return program


def run(program, samples):
    done = subprocess.run([str(program)], input=samples.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def expected(model, profile, samples):
    logits = logits_tensor(model)
    runner = ReferenceRunner(model=model, profile=profile)
    return np.concatenate([one[logits] for one in runner.run([samples], [logits])])


def require_equal(folder, model, profile, samples):
    source = c_harness(model, profile, None)
    program = compiled(folder, source, *SANITIZED, "-DMENDLITE_RUN")
    assert run(program, samples) == expected(model, profile, samples).tobytes()


def anything(model, count=8):
    shape = model.tensors[model.inputs[0]].shape[1:]
    return np.random.default_rng(0).integers(-128, 128, (count, *shape)).astype(np.int8)


OPTIONS = {
    "cbmc": ("--signed-overflow-check", "--bounds-check", "--div-by-zero-check",
             "--conversion-check", "--undefined-shift-check"),
    "esbmc": ("-D__ESBMC__", "--overflow-check"),
}  # fmt: skip
