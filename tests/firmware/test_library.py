"""Engine and harness as a library: programs in C and C++ with a main of their own link and run it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from waiting import HANG

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "firmware_tests"
EXAMPLE = SOURCES / "example"
STUB = SOURCES / "unit" / "tflm_stub"
FOLDERS = [f"-I{SOURCES / folder}" for folder in ("wire", "app", "port", "example")]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]

HEADERS = sorted(
    path.relative_to(SOURCES)
    for path in (
        *(SOURCES / "wire").glob("*.h"),
        *(SOURCES / "app").glob("*.h"),
        *(SOURCES / "app" / "interpreter").glob("*.h"),
        *(SOURCES / "app" / "engine" / name for name in ("engine.h", "model.h", "flatbuffer.h")),
        SOURCES / "port" / "port.h",
    )
)
"""What a program includes, and what that includes."""

EXTERNAL = re.compile(
    r"^[0-9a-f]+ g.{6} (?!\*UND\*)\S+\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", re.MULTILINE
)
WRITABLE = re.compile(
    r"^[0-9a-f]+ .{6}[O ] (?:\*COM\*|\.bss\S*|\.data(?!\.rel\.ro)\S*)\s+0*[1-9a-f][0-9a-f]* (\S+)$",
    re.MULTILINE,
)
"""Of `objdump -t`; constants with addresses in them lie in .data.rel.ro."""


def library(folder, engine):
    words = ["BOARD=host", f"ENGINE={engine}", f"OUT={folder}"]
    subprocess.run(["make", "-s", "-C", SOURCES, "library", *words], check=True)
    return folder / "libmendlite.a"


@pytest.fixture(scope="session")
def own(tmp_path_factory):
    return library(tmp_path_factory.mktemp("own"), "own")


@pytest.fixture(scope="session")
def hooked(tmp_path_factory):
    return library(tmp_path_factory.mktemp("hooked"), "interpreter")


def symbols(path, pattern):
    listed = subprocess.run(
        ["objdump", "-t", path], check=True, capture_output=True, text=True
    ).stdout
    return set(pattern.findall(listed))


def test_every_external_symbol_has_the_prefix(own, hooked):
    for path in (own, hooked):
        found = symbols(path, EXTERNAL)
        assert "mendlite_harness_serve" in found
        assert not {name for name in found if not name.startswith("mendlite_")}


def test_it_keeps_no_state_of_its_own(own, hooked):
    for path in (own, hooked):
        assert not symbols(path, WRITABLE)


def test_state_of_its_own_would_be_noticed(tmp_path):
    source = tmp_path / "state.c"
    source.write_text("static int kept; int count(void); int count(void) { return kept++; }\n")
    subprocess.run(["gcc", "-c", source, "-o", tmp_path / "state.o"], check=True)
    assert symbols(tmp_path / "state.o", WRITABLE) == {"kept"}


@pytest.mark.parametrize("dialect", ["c++11", "c++20", "c11"])
def test_headers_can_be_included_alone_from_c_and_cpp(tmp_path, dialect):
    cpp = dialect.startswith("c++")
    compiler = "g++" if cpp else "gcc"
    for header in HEADERS:
        source = tmp_path / ("one.cc" if cpp else "one.c")
        source.write_text(f'#include "{SOURCES / header}"\n')
        words = [compiler, f"-std={dialect}", *STRICT, *FOLDERS, "-fsyntax-only", source]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def program(folder, archive, source, *options):
    """An example as a board that the host starts."""
    path = folder / "program"
    port = folder / "stdio_port.o"
    gnu = "-D_DEFAULT_SOURCE"
    words = ["gcc", "-std=c11", gnu, *STRICT, *FOLDERS, "-c", EXAMPLE / "stdio_port.c", "-o", port]
    subprocess.run(words, check=True)
    compiler = ["g++", "-std=c++17"] if source.suffix == ".cc" else ["gcc", "-std=c11"]
    words = [*compiler, *STRICT, *FOLDERS, source, port, archive, *options, "-lm", "-o", path]
    subprocess.run(words, check=True)
    board = (ROOT / "targets" / "boards" / "host.toml").read_text()
    described = folder / "program.toml"
    described.write_text(board.replace('"{firmware}"', json.dumps(str(path))))
    # The board's own firmware is looked for before its emulator is started.
    built = folder / "host" / "firmware.elf"
    built.parent.mkdir()
    built.symlink_to(path)
    return f"qemu:{described}", dict(os.environ, MENDLITE_FIRMWARE=str(folder))


def validated(address, environment, *words):
    command = [sys.executable, "-m", "mendlite", "validate", "digits", "--device", address, *words]
    done = subprocess.run(
        [*command, "--validation-samples", "40", "--json"],
        capture_output=True, text=True, check=False, env=environment, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["device"]


@pytest.mark.device
def test_a_program_in_c_with_a_main_of_its_own(own, tmp_path):
    found = validated(*program(tmp_path, own, EXAMPLE / "own_engine.c"), "--equal")
    assert found["models"][0]["verdict"] == "identical"
    assert "mendlite-int8" in found["device"]


@pytest.mark.device
def test_a_program_in_cpp_whose_own_interpreter_is_driven(hooked, tmp_path):
    tree = tmp_path / "tflm"
    subprocess.run([STUB / "make_tree.sh", tree, "host", "default"], cwd=SOURCES, check=True)
    [stub] = (tree / "gen").glob("*/lib/*.a")
    headers = [f"-isystem{STUB}", "-DTF_LITE_STATIC_MEMORY"]
    source = EXAMPLE / "own_interpreter.cc"
    # Both archives have what the other needs: the stub's kernels read files with our own reader.
    address, environment = program(tmp_path, hooked, source, *headers, stub, hooked)
    found = validated(address, environment, "--equal")
    assert found["models"][0]["verdict"] == "identical"
    assert "(example, tflm)" in found["device"]
