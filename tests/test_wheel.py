"""A wheel brings what its command needs, and works away from the checkout."""

import email
import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from hidden_packages import hiding

ROOT = Path(__file__).parents[1]

BASE = {
    "ai-edge-litert", "click", "cobs", "cvxpy", "flatbuffers", "highspy", "intelhex", "jinja2",
    "markupsafe", "ml-dtypes", "msgspec", "numpy", "pyserial", "rich", "scipy", "scs", "tflite", "threadpoolctl", "tomli",
}  # fmt: skip
EXTRAS = {
    "report": {"matplotlib"},
    "ota": {"detools"},
    "images": {"pillow"},
    "audio": {"soundfile", "pymicro-features"},
    "hdf5": {"h5py"},
    "tfrecord": {"tfrecord", "protobuf", "crc32c"},
    "sign": {"cryptography"},
    "smt": {"z3-solver"},
    "solvers": {"pyscipopt", "ortools"},
    "dask": {"distributed"},
    "docs": {"mkdocs-material"},
    "int4": {"litert-quantizer"},
    "tflm": {"tflite-micro"},
    "tflite-runtime": {"tflite-runtime", "numpy"},
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def name_of(requirement):
    """The name in ``numpy<2; python_version < "3.12"``, as package indexes write it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def requirements(wheel):
    """(name, extra or None, line) of each requirement in the wheel's metadata."""
    files = zipfile.ZipFile(wheel)
    path = next(name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
    for line in email.message_from_bytes(files.read(path)).get_all("Requires-Dist"):
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        yield name_of(line), extra and extra[1], line


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_the_targets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "mendlite/py.typed" in names
    assert "mendlite/embedded_targets/digits/int8.tflite" in names
    assert "mendlite/embedded_targets/mlperf_ic/target.toml" in names
    assert "mendlite/embedded_boards/rp2040.toml" in names
    assert not [n for n in names if n.startswith("tests/")]


@pytest.mark.slow
def test_the_wheel_asks_for_what_the_main_job_needs(wheel):
    found = list(requirements(wheel))
    assert {name for name, extra, _ in found if extra is None} == BASE
    for extra, packages in EXTRAS.items():
        assert {name for name, of, _ in found if of == extra} == packages
    assert {extra for _, extra, _ in found} == {None, "dev", *EXTRAS}


@pytest.mark.slow
def test_the_wheel_leaves_the_numpy_that_is_there(wheel):
    """Its only bound from above is that of the extra whose package aborts under numpy 2."""
    bounds = {extra: line for name, extra, line in requirements(wheel) if name == "numpy"}
    assert bounds[None] == "numpy>=1.26"
    assert bounds["tflite-runtime"].startswith("numpy<2;")
    assert set(bounds) == {None, "tflite-runtime"}


def brought_by(names):
    """The installed distributions of ``names`` and of all that they need, without extras."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of another Python or system
            continue
        found.add(name)
        waiting |= {name_of(need) for need in needs if "extra ==" not in need} - found
    return found


def modules_of(distribution):
    """Its files' first names: the modules at the top, and some that are none."""
    return {file.parts[0].partition(".")[0] for file in distribution.files or ()}


def beyond(wheel):
    """Top-level modules here that an installation of the wheel alone would not bring."""
    base = {name for name, extra, _ in requirements(wheel) if extra is None}
    brought = brought_by(base) | {"mendlite"}
    inside, outside = set(), set()
    for distribution in metadata.distributions():
        place = inside if name_of(distribution.name) in brought else outside
        place |= modules_of(distribution)
    return outside - inside


@pytest.mark.slow
def test_the_wheel_works_with_its_requirements_alone(wheel, tmp_path):
    """The wheel from a folder of its own, where nothing is found that it does not ask for."""
    site, wheels = tmp_path / "site", tmp_path / "wheel"
    site.mkdir()
    zipfile.ZipFile(wheel).extractall(wheels)
    hidden = beyond(wheel)
    assert {"matplotlib", "detools", "z3", "tflite_micro", "pytest"} <= hidden
    assert not hidden & {"numpy", "scipy", "highspy", "cvxpy", "ai_edge_litert", "mendlite"}
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MENDLITE_DATA"}}
    env |= hiding(site, hidden)
    env["PYTHONPATH"] = os.pathsep.join([str(wheels), env["PYTHONPATH"]])
    command = [sys.executable, "-m", "mendlite", "repair", "digits", "--verbose", "--quiet"]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("repaired: ")
    assert "cross-check: ai-edge-litert " in done.stdout
    assert done.stderr == "note: curve.png needs matplotlib: pip install 'mendlite[report]'\n"
    assert (tmp_path / "build" / "digits" / "repaired.tflite").is_file()
