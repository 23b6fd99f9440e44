"""The peers: their scripts, environments and variants, and how one is run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parents[1]
PATH = (TOOLS, TOOLS.parent / "docs" / "examples" / "images")
"""Where the scripts find what they share with ours."""

ENVIRONMENTS = Path("build") / "peers"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A quantizer: ``script`` is a module, ``packages`` as tools/peers.sh installs them."""

    name: str
    environment: str
    script: str
    packages: str
    needs: str
    variants: Mapping[str, str]
    from_onnx: bool = False
    writes_tflite: bool = False
    slow: tuple[str, ...] = ()
    """Variants of minutes on a small network, left out of large ones."""


PEERS = (
    Peer(
        name="litert-quantizer", environment="litert", script="peers.with_litert",
        packages="litert-quantizer 0.11.0", needs="float .tflite, samples", writes_tflite=True,
        variants={"min_max": "min-max", "octav": "OCTAV", "mse": "MSE", "gptq": "GPTQ",
                  "oscar": "OSCAR", "hadamard": "Hadamard rotation",
                  "decomposed_hadamard": "decomposed Hadamard rotation"},
    ),
    Peer(
        name="NNCF", environment="nncf", script="peers.with_nncf",
        packages="nncf 3.4.0, openvino 2026.4.1", needs="float ONNX, samples", from_onnx=True,
        variants={"fast": "fast bias correction", "accurate": "accurate bias correction",
                  "fast_mixed": "fast, mixed preset", "accurate_mixed": "accurate, mixed preset"},
    ),
    Peer(
        name="ONNX Runtime", environment="onnxruntime", script="peers.with_onnxruntime",
        packages="onnxruntime 1.32.0", needs="float ONNX, samples", from_onnx=True,
        variants={"min_max": "min-max", "entropy": "entropy", "percentile": "percentile",
                  "min_max_tensor": "min-max, one scale a tensor",
                  "percentile_tensor": "percentile, one scale a tensor"},
    ),
    Peer(
        name="AIMET", environment="aimet", script="peers.with_aimet",
        packages="aimet-onnx 2.42.0", needs="float ONNX, samples", from_onnx=True,
        variants={"plain": "plain", "equalized": "cross-layer equalization",
                  "sequential_mse": "equalized, sequential MSE",
                  "adaround": "equalized, AdaRound"},
        slow=("sequential_mse", "adaround"),
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Made:
    """What one variant made: its seconds and bytes, or ``why`` it made nothing.

    ``alone``: of a repair's seconds, those without imports, validation and report.
    """

    cpu_seconds: float
    size: int
    why: str = ""
    alone: float | None = None


def python_of(environment: str) -> Path:
    """The interpreter of a peer's environment."""
    return ENVIRONMENTS / environment / "bin" / "python"


def run(peer: Peer, variant: str, model: Path, samples: Path, out: Path) -> Made:
    """Quantize ``model``; ``samples`` is a folder with repair.npy and validation.npy."""
    command = [
        python_of(peer.environment), "-m", peer.script, variant, model,
        samples / "repair.npy", samples / "validation.npy", out,
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, command)), env=_quiet(), capture_output=True, text=True, check=False
    )
    if done.returncode or not out.is_file():
        lines = (done.stderr.strip() or done.stdout.strip() or "no file").splitlines()
        return Made(cpu_seconds=0.0, size=0, why=lines[-1][-200:])
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return Made(cpu_seconds=figures["cpu_seconds"], size=figures["bytes"])


def to_onnx(model: Path, out: Path) -> str:
    """Convert a float .tflite; returns why that failed, or nothing."""
    command = [python_of("convert"), "-m", "peers.to_onnx", model, out]
    done = subprocess.run(
        list(map(str, command)), env=_quiet(), capture_output=True, text=True, check=False
    )
    return "" if out.is_file() else (done.stderr.strip().splitlines() or ["no file"])[-1][-200:]


def _quiet() -> dict[str, str]:
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(map(str, PATH)),
    }
