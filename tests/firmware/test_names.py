"""All that the firmware's C gives to a program it is linked with begins with mendlite_."""

import re
import subprocess
from pathlib import Path

import pytest
from c_headers import names_given

from built_firmware import built

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "firmware_tests"
LIBRARY = ("app", "wire", "port")
"""Folders that end up in a firmware; unit/ holds programs of its own."""

HEADERS = sorted(path for folder in LIBRARY for path in (SOURCES / folder).rglob("*.h"))

BOARDS = (
    "mps2-an386",
    "mps2-an386-semihosting",
    "netduinoplus2",
    "lm3s6965evb",
    "riscv-virt",
    "nrf52840",
    "rp2040",
)
"""One board of each family of port/ but the host."""

ALLOWED = {
    "main": "startup code and the C library call it",
    "abort": "libstdc++ calls it; there is no operating system whose it could be",
    "_sbrk": "newlib calls it for a heap, and there is none",
    "__cxa_pure_virtual": "the C++ ABI's name",
    "_ZdlPv": "operator delete(void *): virtual destructors refer to it",
    "_ZdlPvm": "operator delete(void *, size_t), where size_t is unsigned long",
    "_ZdlPvj": "operator delete(void *, size_t), where it is unsigned int",
}
"""What others gave their names to, and who."""

PREFIXED = re.compile(r"mendlite_|MENDLITE_")
DEFINED_FOR_A_BOARD = re.compile(r"-D(\w+)")


def bare(names):
    return sorted(name for name in names if not PREFIXED.match(name) and name not in ALLOWED)


def external(objects):
    """Symbols that object files define for others; weak ones are a C++ header's."""
    done = subprocess.run(
        ["nm", "-g", "--defined-only", "--format=posix", *map(str, objects)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in done.stdout.splitlines() if not line.endswith(":")]
    return {row[0] for row in rows if row[1] not in "WV"}


def objects_of(board):
    """The objects of sources that are there: a build folder keeps those of older ones."""
    folder = built(board) / board
    found = [
        path
        for path in folder.rglob("*.o")
        if any((SOURCES / path.relative_to(folder)).with_suffix(x).exists() for x in (".c", ".cc"))
    ]
    assert found
    return found


def compiled(source, folder, *options):
    path = folder / f"{source.stem}.o"
    compiler = "g++" if source.suffix == ".cc" else "gcc"
    subprocess.run([compiler, *options, "-c", str(source), "-o", str(path)], check=True)
    return path


@pytest.mark.parametrize("path", HEADERS, ids=lambda p: str(p.relative_to(SOURCES)))
def test_a_header_gives_no_bare_name(path):
    assert not bare(names_given(path.read_text(encoding="ascii")))


def test_no_macro_of_a_board_is_bare():
    macros = DEFINED_FOR_A_BOARD.findall((SOURCES / "port" / "boards.mk").read_text("ascii"))
    assert macros
    assert not bare(macros)


def test_the_host_firmware_has_one_prefix():
    assert not bare(external(objects_of("host")))


@pytest.mark.device
@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
def test_every_family_of_boards_has_one_prefix(board):
    assert not bare(external(objects_of(board)))


@pytest.mark.parametrize("name", ["engine_tflm.cc", "bare_metal.cc", "check.c"])
def test_the_adapter_of_tflm_has_one_prefix(tmp_path, name):
    folders = [SOURCES / folder for folder in ("app", "wire", "unit/tflm_stub")]
    options = ["-DTF_LITE_STATIC_MEMORY", *(f"-I{folder}" for folder in folders)]
    symbols = external([compiled(SOURCES / "app" / "tflm" / name, tmp_path, *options)])
    assert symbols
    assert not bare(symbols)


def test_a_bare_symbol_is_noticed(tmp_path):
    source = tmp_path / "bare.c"
    source.write_text(
        "static int hidden; int mendlite_kept; int loose;\n"
        "int clamp(int x); int clamp(int x) { return x + hidden++; }\n"
        "int main(void) { return 0; }\n"
    )
    assert bare(external([compiled(source, tmp_path)])) == ["clamp", "loose"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("#define LIMIT 3\n#  define SUM(a, \\\n b) (a + b)", ["LIMIT", "SUM"]),
        ("struct op { int code; struct mendlite_node *node; };", ["op"]),
        ("void mendlite_run(struct op *op);", ["op"]),
        ("enum { FIRST = 1, SECOND };", ["FIRST", "SECOND"]),
        ("enum mendlite_kind { MENDLITE_A = 0, /* OTHER, */ SPARE = (1 << 3), };", ["SPARE"]),
        ("typedef int kernel(struct mendlite_op *op);", ["kernel"]),
        ("typedef unsigned char byte;", ["byte"]),
        ("extern const char name[];", ["name"]),
        ('extern "C" {\nint clamp(int x, int low);\n}', ["clamp"]),
        (
            "static inline int twice(int x) { return 2 * x; }\nint dot(const int *x);",
            ["twice", "dot"],
        ),
        ("_Noreturn void leave(void) __attribute__((cold));", ["leave"]),
        ("union both { int a; float b; } mendlite_both;", ["both"]),
        ('_Static_assert(1 < 2, "so");\nstruct mendlite_x;\n/* int comment; */', []),
    ],
)
def test_a_bare_name_in_a_header_is_noticed(text, names):
    assert bare(names_given(text)) == sorted(names)
