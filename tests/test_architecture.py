"""The import rules of the house: imports go down only, rooms on one floor stay apart."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toolchain" / "mendlite"

FLOORS = (
    {"arith", "checker", "reading", "packages"},
    {"compiled", "workers"},
    {"model"},
    {
        "tflite", "localize", "measure", "wire", "prepare", "algorithms", "pairing", "claims",
        "certify.bounds",
    },
    {"report", "emit", "replay", "solvers", "sources"},
    {"case"},
    {"analysis", "targets", "understanding"},
    {"repair", "certify"},
    {"moves"},
    {"jobs"},
    {"files"},
    {"api"},
    {"cli"},
)  # fmt: skip
"""From the ground up. `errors` is everyone's; only `api`'s save and `cli` write files."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# What each floor may import from outside: the pure floors compute on numpy alone.
NUMPY_ONLY = {
    "arith", "checker", "reading", "model", "localize", "prepare", "algorithms", "pairing",
    "claims", "certify.bounds", "measure", "compiled",
}  # fmt: skip
HEAVY = {
    "cvxpy", "highspy", "scs", "scipy", "tflite_runtime", "ai_edge_litert", "tflite_micro",
    "PIL", "rich", "matplotlib", "pyscipopt", "ortools", "z3", "gurobipy", "distributed", "dask", "intelhex", "detools",
    "cryptography", "soundfile", "h5py", "tfrecord", "jinja2",
}  # fmt: skip


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return room_of_module(path.relative_to(PACKAGE).with_suffix("").parts)


def room_of_module(parts):
    """The room of a module below the package; one of `certify`'s is a room of its own."""
    nested = ".".join(parts[:2])
    return nested if nested in FLOOR_OF else parts[0]


def imports(tree):
    """(module, is at the top level) of every import of a parsed file."""
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module, id(node) in top


def breaches(room, tree):
    for module, top in imports(tree):
        parts = module.split(".")
        if parts[0] == "mendlite" and len(parts) > 1 and room in FLOOR_OF:
            other = room_of_module(parts[1:])
            if other in {"errors", room}:
                continue
            if FLOOR_OF[other] >= FLOOR_OF[room]:
                yield f"{room} imports {module}"
        elif parts[0] in HEAVY and top:
            yield f"{room} imports the heavy {module} when it is itself imported"
        elif room in NUMPY_ONLY and not stdlib(parts[0]) and parts[0] not in {"numpy", "mendlite"}:
            yield f"{room} imports {module}: only numpy and the standard library are allowed"


def stdlib(name):
    import sys

    return name in sys.stdlib_module_names


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
    found = list(breaches(room_of(path), ast.parse(path.read_text(encoding="utf-8"))))
    assert not found


def test_every_room_has_a_floor():
    rooms = {room_of(p) for p in modules()} - {"__init__", "__main__", "errors"}
    assert rooms <= set(FLOOR_OF)


def test_the_checker_shares_only_its_form_with_what_it_checks():
    users = {
        (room_of(path), module)
        for path in modules()
        for module, _ in imports(ast.parse(path.read_text(encoding="utf-8")))
        if module.startswith("mendlite.checker") and room_of(path) != "checker"
    }
    assert {module for room, module in users if room not in {"__init__", "api", "cli"}} == {
        "mendlite.checker.form"
    }


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("checker", "from mendlite.arith.fixed_point import Rounding"),
        ("checker", "from mendlite.tflite.reader import read"),
        ("checker", "import tflite"),
        ("arith", "from mendlite.model.tensor import Tensor"),
        ("algorithms", "from mendlite.tflite.reader import read"),
        ("algorithms", "import scipy.optimize"),
        ("claims", "from mendlite.algorithms.least_squares import least_squares"),
        ("certify.bounds", "import scipy.sparse"),
        ("certify.bounds", "from mendlite.certify.region import ball"),
        ("certify.bounds", "from mendlite.algorithms.system import targets"),
        ("case", "from mendlite.analysis.analyze import analyze"),
        ("case", "from mendlite.targets.schema import Target"),
        ("repair", "from mendlite.cli.common import load"),
        ("repair", "from mendlite.certify.region import ball"),
        ("replay", "from mendlite.solvers.base import Limits"),
        ("solvers", "import cvxpy"),
        ("jobs", "def f():\n    from mendlite.cli import main"),
    ],
)
def test_a_breach_is_noticed(room, source):
    assert list(breaches(room, ast.parse(source)))


def class_names(sources):
    """Of every class of the sources (path, text): (name, path), private and nested ones, too."""
    for path, text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                yield node.name, path


def names_that_stand_twice(sources):
    """{class name: the files that define it}, of names with more than one definition."""
    places = {}
    for name, path in class_names(sources):
        places.setdefault(name, []).append(str(path))
    return {name: found for name, found in places.items() if len(found) > 1}


def test_no_class_name_stands_twice():
    sources = [(p.relative_to(PACKAGE), p.read_text(encoding="utf-8")) for p in modules()]
    assert not names_that_stand_twice(sources)


def test_a_class_name_that_stands_twice_is_noticed():
    sources = [
        ("a.py", "class Step:\n    class _Row: ..."),
        ("b.py", "def f():\n    class _Row: ..."),
    ]
    assert names_that_stand_twice(sources) == {"_Row": ["a.py", "b.py"]}
