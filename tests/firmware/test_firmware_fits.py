"""What does not fit into a board's memory is said before the firmware is linked."""

import subprocess
import sys
from pathlib import Path

import pytest

from built_firmware import built

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "firmware_tests"
TOOL = ROOT / "tools" / "firmware_fits.py"
sys.path.insert(0, str(ROOT / "tools"))

from firmware_fit.memory import Memory, read_memory  # noqa: E402
from firmware_fit.objects import NotReadableError, read_objects  # noqa: E402
from firmware_fit.reach import needed  # noqa: E402

FLAGS = ["-mcpu=cortex-m4", "-mthumb", "-O1", "-ffunction-sections", "-fdata-sections"]

ENTRY = """
extern const unsigned char used[];
extern const char *first(void), *second(void);
unsigned variable = 7, zeros[25];
unsigned mendlite_reset_handler(unsigned i) {
  variable += zeros[i];
  return used[i] + variable + (unsigned)first() + (unsigned)second();
}
"""
TABLES = """
const unsigned char used[3000] = {1};
const unsigned char unused[90000] = {1};
const char *first(void) { return "the same text"; }
const char *never(void) { return "another text"; }
"""
LATER = """
const char *second(void) { return "the same text"; }
"""

SCRIPT = """
MEMORY
{{
  CODE (rx) : ORIGIN = 0x08000000, LENGTH = {code}
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = {ram}
}}
mendlite_link_stack_size = 8K;
mendlite_link_flash_start = 0x08020000;
mendlite_link_flash_end = 0x08022000;
INCLUDE sections.ld
"""


def compiled(folder, name, text):
    source = folder / f"{name}.c"
    source.write_text(text)
    out = folder / f"{name}.o"
    subprocess.run(["arm-none-eabi-gcc", *FLAGS, "-c", source, "-o", out], check=True)
    return out


@pytest.fixture
def objects(tmp_path):
    """An entry, and an archive of what it uses and what it does not."""
    library = tmp_path / "library.a"
    members = [compiled(tmp_path, "tables_with_a_long_name", TABLES)]
    members.append(compiled(tmp_path, "later", LATER))
    subprocess.run(["arm-none-eabi-ar", "rcs", library, *members], check=True)
    return [compiled(tmp_path, "entry", ENTRY), library]


@pytest.mark.device
def test_the_sum_is_what_the_linker_keeps(objects, tmp_path):
    found = needed([one for path in objects for one in read_objects(path)])
    elf = tmp_path / "linked.elf"
    options = ["-nostdlib", "-Wl,--gc-sections,-emendlite_reset_handler,-z,noseparate-code"]
    subprocess.run(["arm-none-eabi-gcc", *FLAGS, *options, *objects, "-o", elf], check=True)
    done = subprocess.run(["arm-none-eabi-size", elf], capture_output=True, text=True, check=True)
    text, data, bss = map(int, done.stdout.splitlines()[1].split()[:3])
    assert (data, bss) == (4, 100)
    assert found.ram == data + bss
    assert text + data - 4 <= found.flash <= text + data  # the linker aligns
    assert found.flash_of["tables_with_a_long_name.o"] > 3000
    assert found.flash < 3200


@pytest.mark.device
@pytest.mark.parametrize("board", ["mps2-an386", "riscv-virt"])
def test_a_firmwares_sum_lies_a_c_library_below_its_size(board):
    folder = built(board) / board
    sources = [p.relative_to(SOURCES) for p in SOURCES.rglob("*.c")]
    paths = [p for s in sources if (p := folder / s.with_suffix(".o")).exists()]
    found = needed([one for path in paths for one in read_objects(path)])
    size = "arm-none-eabi-size" if board == "mps2-an386" else "riscv64-unknown-elf-size"
    done = subprocess.run(
        [size, folder / "firmware.elf"], capture_output=True, text=True, check=True
    )
    text, data, bss = map(int, done.stdout.splitlines()[1].split()[:3])
    assert 0.75 * (text + data) < found.flash < text + data
    assert 0 <= data + bss - 8192 - found.ram < 512


def test_what_is_no_object_is_said(tmp_path):
    path = tmp_path / "x.o"
    for data in (b"", b"text", b"\x7fELF\x01\x01", b"!<arch>\n" + b"x" * 60):
        path.write_bytes(data)
        with pytest.raises(NotReadableError, match="x.o"):
            read_objects(path)


def test_every_boards_script_is_read():
    scripts = {p.stem: p.read_text() for p in (SOURCES / "port").glob("*/*.ld")}
    found = {name: read_memory(text) for name, text in scripts.items()}
    assert len(found) == 10
    assert found["rp2040"] == Memory(
        flash=1024 * 1024 - 256, ram=264 * 1024, stack=8192, model_flash=1024 * 1024
    )


def make(*words):
    return subprocess.run(
        ["make", "-s", "-C", SOURCES, "BOARD=netduinoplus2", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def small(tmp_path):
    """Make's words for a board with these lengths of flash and RAM."""

    def small_(code, ram):
        script = tmp_path / "small.ld"
        script.write_text(SCRIPT.format(code=code, ram=ram))
        flags = f"--specs=nano.specs -nostartfiles -Lport/ -T{script}"
        return f"OUT={tmp_path / 'out'}", f"PORT_LDFLAGS={flags}"

    return small_


@pytest.mark.device
@pytest.mark.slow
def test_make_says_it_in_one_line_and_links_nothing(small, tmp_path):
    elf = tmp_path / "out" / "firmware.elf"
    [line] = [x for x in make(*small("32K", "192K")).stderr.splitlines() if "***" not in x]
    assert line.startswith("netduinoplus2: not linked: the firmware needs ")
    assert " KB more than the 32.0 KB for it (largest: " in line
    assert line.endswith(": choose a board with more memory")
    assert " KB of RAM" in make(*small("128K", "16K")).stderr
    model = tmp_path / "model.tflite"
    model.write_bytes(bytes(40 * 1024))
    done = make(*small("128K", "48K"), f"MODEL={model}")
    assert (
        "model.tflite has 40.0 KB, more than the 8.0 KB of flash for a model and the" in done.stderr
    )
    assert done.returncode != 0
    assert not elf.exists()
    # It fits into RAM, and 8 KB of flash hold another.
    for size, ram in ((40, "96K"), (8, "24K")):
        model.write_bytes(bytes(size * 1024))
        assert make(*small("128K", ram), f"MODEL={model}").returncode == 0
        assert elf.exists()
        elf.unlink()


@pytest.mark.device
@pytest.mark.slow
def test_so_does_a_firmware_with_tflite_micro(small, tmp_path):
    tree = tmp_path / "checkout"
    call = ["unit/tflm_stub/make_tree.sh", tree, "netduinoplus2", "release"]
    subprocess.run(call, cwd=SOURCES, check=True)
    words = ("ENGINE=tflm", f"TFLM={tree}")
    [line] = [x for x in make(*small("32K", "192K"), *words).stderr.splitlines() if "***" not in x]
    assert line.startswith("netduinoplus2: not linked: the firmware needs ")
    assert "your model's kernels alone (MODEL=path/to/model.tflite), a library with BUILD_T" in line
    assert not (tmp_path / "out" / "firmware.elf").exists()
