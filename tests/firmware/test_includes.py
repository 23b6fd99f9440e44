"""The firmware's includes go down only and never round in a circle."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "firmware_tests"
SEARCHED = ("wire", "app", "port", "unit", "package", "example")
"""As the Makefiles' -I have them."""

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

MAY_INCLUDE = {
    "wire": {"wire"},
    "app/engine": {"app/engine", "wire"},
    "app/tflm": {"app/tflm", "app/engine", "wire"},
    "app/interpreter": {"app/interpreter", "app/engine", "wire"},
    "example": {"example", "app", "app/interpreter", "wire", "port/port"},
    "app": {"app", "app/engine", "wire", "port/port"},
    "package": {"package", "app", "app/engine", "app/interpreter", "port/port"},
    "device": {"device", "app", "app/engine", "wire", "port/port"},
    "port": {"port"},
    "unit": {"unit", "app", "app/engine", "app/tflm", "wire", "port", "golden"},
    "unit/update_stubs": {"unit/update_stubs", "example"},
    "golden": set(),
}
"""Rooms of the firmware, and whose headers each may see: the port's interface, not its boards."""

STORE_WRITTEN = re.compile(r"\bstore(?:\.|->)\w+(?:(?:\.|->)\w+)*\s*(?:=[^=]|\+\+|--|[-+|&]=)")


def module_of(path):
    """A header and the source that implements it are one module: the path without its suffix."""
    return path.relative_to(SOURCES).with_suffix("").as_posix()


def room_of(module):
    return max((room for room in MAY_INCLUDE if module.startswith(f"{room}/")), key=len)


def sources():
    return sorted(p for p in SOURCES.rglob("*") if p.suffix in {".c", ".h", ".cc"})


def included(path):
    """The files of the firmware that one includes; of TFLM's headers there are none here."""
    for name in INCLUDE.findall(path.read_text(encoding="ascii")):
        places = (path.parent, *(SOURCES / folder for folder in SEARCHED))
        found = next((p.resolve() for place in places if (p := place / name).exists()), None)
        if found is not None:
            yield found
        else:
            assert name.startswith(("tensorflow/", "flatbuffers/")), f"{path} includes {name}"


def graph():
    modules = {}
    for path in sources():
        own = modules.setdefault(module_of(path), set())
        own |= {module_of(other) for other in included(path)} - {module_of(path)}
    return modules


def circle(modules):
    """Modules that include each other in a circle; None where none do."""
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def breaches(modules):
    for module, others in modules.items():
        may = MAY_INCLUDE[room_of(module)]
        for other in others:
            if other not in may and room_of(other) not in may:
                yield f"{module} includes {other}"


def test_no_module_includes_itself_through_others():
    modules = graph()
    assert {"app/engine/op", "app/engine/integer_engine", "app/harness"} <= set(modules)
    assert circle(modules) is None


def test_rooms_include_what_lies_below_them():
    assert not list(breaches(graph()))


def test_only_the_store_writes_the_store():
    others = [p for p in (SOURCES / "app").rglob("*.[ch]*") if p.name not in {"store.c", "store.h"}]
    assert not {p.name: found for p in others if (found := STORE_WRITTEN.findall(p.read_text()))}


@pytest.mark.parametrize(
    ("modules", "found"),
    [
        ({"op": {"engine"}, "engine": {"op"}}, True),
        ({"dut": {"harness"}, "harness": {"requests"}, "requests": {"dut"}}, True),
        ({"op": {"workspace"}, "engine": {"op", "workspace"}, "workspace": set()}, False),
    ],
)
def test_a_circle_is_noticed(modules, found):
    assert (circle(modules) is not None) == found


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("wire/frame", "app/store"),
        ("app/engine/op", "app/harness"),
        ("app/engine/ops/conv", "port/port"),
        ("app/dut", "port/ring"),
        ("port/memory", "app/harness"),
    ],
)
def test_an_include_that_goes_up_is_noticed(module, other):
    assert list(breaches({module: {other}}))


@pytest.mark.parametrize(
    "line",
    [
        "store->samples = (struct mendlite_part){0};",
        "board->store.transfer.open = false;",
        "harness->board.store.transfer.frontier++;",
    ],
)
def test_another_hand_in_the_store_is_noticed(line):
    assert STORE_WRITTEN.search(line)
    assert not STORE_WRITTEN.search(line.replace("=", "==").replace("++", " > 1"))
