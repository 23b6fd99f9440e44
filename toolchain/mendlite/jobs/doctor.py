"""Is everything here that mendlite needs? Each part is tried, not only looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mendlite.compiled.library import library
from mendlite.compiled.trial import why_not
from mendlite.errors import MissingPackageError
from mendlite.jobs.int4_layers import int4_lines
from mendlite.model.graph import Model
from mendlite.model.problem import RepairProblem, SolveStatus
from mendlite.packages import load, package_of, version
from mendlite.replay.package_profiles import runner_profile
from mendlite.replay.registry import RUNNERS, make_runner
from mendlite.replay.runtimes import installed
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.solvers.registry import BACKENDS, require_backend
from mendlite.targets.load import load_target
from mendlite.tflite.reader import read_file

OUTPUTS = {
    "curve.png": "matplotlib.backends.backend_agg",
    "image decoding": "PIL.Image",
    "WAV files": "soundfile",
    ".h5 files": "h5py",
    ".tfrecord files": "tfrecord.example_pb2",
    "OTA delta": "detools",
    "signature": "cryptography.hazmat.primitives.asymmetric.ed25519",
    "Dask cluster": "distributed",
}
"""What each extra beside the runners and the solvers is for, and what is imported for it."""

OPTIONAL = frozenset({"tflm", *OUTPUTS}) | {
    name for name, info in BACKENDS.items() if info.imports not in ("highspy", "scs", "clarabel")
}
"""Parts that mendlite does without; the other solvers come with its own packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part: ``state`` is "ok", "missing" or "broken"; ``detail``: what, or how to get it."""

    part: str
    state: str
    detail: str
    optional: bool


def examine() -> tuple[Finding, ...]:
    """Try every runner with an inference, every backend with a problem, other extras by import."""
    model = _model()
    findings = [_finding(f"runner {name}", _runner(model, name), name) for name in RUNNERS]
    findings += [_compiled(), *_int4(model)]
    findings += [_finding(f"solver {name}", _solver(name), name) for name in BACKENDS]
    findings += [_finding(name, _import(name), name) for name in OUTPUTS]
    return tuple(findings)


def _model() -> Model:
    target = load_target("digits", data_root=None)
    return read_file(target.models.int8.path)


def _compiled() -> Finding:
    """Whether layers run compiled here, and by which compiler."""
    reason = why_not()
    detail = (
        f"numpy runs all layers, with the same bytes: {reason}" if reason else library().made_by
    )
    state = "missing" if reason else "ok"
    return Finding(part="compiled kernels", state=state, detail=detail, optional=True)


def _int4(model: Model) -> list[Finding]:
    """One line for each interpreter: which layers with int4 weights it runs."""
    return [
        Finding(part="int4 weights", state="ok", detail=f"{name}: {line}", optional=True)
        for name, line in int4_lines(model, installed()).items()
    ]


def _finding(part: str, attempt: Callable[[], str], name: str) -> Finding:
    optional = name in OPTIONAL
    try:
        detail = attempt()
    except MissingPackageError as error:
        return Finding(part=part, state="missing", detail=str(error), optional=optional)
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises is the finding
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Finding(part=part, state="broken", detail=text, optional=optional)
    return Finding(part=part, state="ok", detail=detail, optional=optional)


def _sample(model: Model) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    shape = (2, *model.tensors[model.inputs[0]].shape[1:])
    return np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)


def _runner(model: Model, name: str) -> Callable[[], str]:
    def attempt() -> str:
        profile = runner_profile(name)
        runner, output = make_runner(name, model, profile), model.outputs[0]
        ours = make_runner("reference", model, profile)
        sample = _sample(model)
        theirs = next(iter(runner.run([sample], [output])))[output]
        expected = next(iter(ours.run([sample], [output])))[output]
        same = np.array_equal(theirs.reshape(-1), expected.reshape(-1))
        return f"{runner.kernels}, " + ("as our kernels" if same else "differs from our kernels")

    return attempt


def _solver(name: str) -> Callable[[], str]:
    def attempt() -> str:
        one = np.ones(1, np.int16)
        # 2 + delta >= 5 has the least |delta| 3.
        problem = RepairProblem(
            layer=0, neuron=0, inputs=one[None], weights=2 * one, bias=0,
            lower=np.array([5]), upper=np.array([2**31 - 1]),
            delta_min=-100 * one, delta_max=100 * one,
        )  # fmt: skip
        info = require_backend(name)
        answer = SolverPool(backend=name, limits=Limits(seconds=20.0), jobs=1).solve(
            [problem], lambda _done: None
        )[0]
        proved = answer.status is SolveStatus.OPTIMAL or not info.exact
        if answer.objective != 3 or not (answer.solved and proved):
            raise RuntimeError(f"a small problem ended {answer.status.value}: {answer.message}")
        return f"{info.package} {info.version}"

    return attempt


def _import(name: str) -> Callable[[], str]:
    def attempt() -> str:
        module = OUTPUTS[name]
        load(module, name)
        return f"{package_of(module).name} {version(module)}"

    return attempt
