"""The examples of an update under MCUboot and ESP-IDF, compiled and run against stubs.

The stubs (firmware_tests/unit/update_stubs) have the signatures of the systems' public headers.
"""

import subprocess

import numpy as np
import pytest

from built_firmware import ROOT
from mendlite.emit.update import update_file

FIRMWARE = ROOT / "firmware_tests"
STUBS = FIRMWARE / "unit" / "update_stubs"
SYSTEMS = {"mcuboot": ["-DSTUB_ZEPHYR"], "esp_idf": []}
CALLS = {"mcuboot": ["upgrade 0", "confirmed"], "esp_idf": ["boot ota_1", "confirmed", "left"]}

WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-D_DEFAULT_SOURCE"]
INCLUDES = [f"-I{FIRMWARE / folder}" for folder in ("wire", "app", "example")] + [f"-I{STUBS}"]

PAGE = 4096
RANDOM = np.random.default_rng(8)
BASE = RANDOM.bytes(3 * PAGE + 100)
NEW = bytes([*BASE[:5], BASE[5] ^ 1, *BASE[6:9000], BASE[9000] ^ 8, *BASE[9001:]])
CONFLICT = "-9"


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request):
    return request.param


@pytest.fixture(scope="module")
def program(system, tmp_path_factory):
    out = tmp_path_factory.mktemp(system) / "program"
    sources = [FIRMWARE / "app" / "update.c", FIRMWARE / "wire" / "bytes.c"]
    sources += [FIRMWARE / "wire" / "crc32.c", STUBS / "flash.c"]
    sources.append(FIRMWARE / "example" / f"update_{system}.c")
    options = [*WARNINGS, *INCLUDES, *SYSTEMS[system], "-g", "-fsanitize=address,undefined"]
    subprocess.run(["gcc", *options, *sources, "-o", out], check=True)
    return out


@pytest.fixture
def run(program, tmp_path):
    """Runs the example on a flash; what it printed, and the flash after it."""

    def run_(model, works, update=None):
        flash, new, back = (tmp_path / name for name in ("flash", "update", "rollback"))
        flash.write_bytes(model.ljust(6 * PAGE, b"\xff"))
        new.write_bytes(update or update_file(BASE, NEW, 0, PAGE))
        back.write_bytes(update_file(NEW, BASE, 0, PAGE))
        words = [program, flash, new, back, "works" if works else "fails"]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.splitlines(), flash.read_bytes()

    return run_


def test_the_new_model_stays_where_it_works(run, system):
    for model in (BASE, NEW):  # and again, at the next start
        printed, flash = run(model, works=True)
        assert printed == ["0", *CALLS[system]]
        assert flash[: len(NEW)] == NEW


def test_the_old_model_comes_back_where_it_does_not(run):
    printed, flash = run(BASE, works=False)
    assert printed[0] == "0"
    assert flash[: len(BASE)] == BASE


def test_another_model_and_a_damaged_update_change_nothing(run):
    other = bytes(len(BASE))
    printed, flash = run(other, works=True)
    assert (printed[0], flash) == (CONFLICT, other.ljust(6 * PAGE, b"\xff"))
    damaged = update_file(BASE, NEW, 0, PAGE)[:-1]
    printed, flash = run(BASE, works=True, update=damaged)
    assert int(printed[0]) < 0
    assert flash[: len(BASE)] == BASE


@pytest.mark.device
@pytest.mark.parametrize("name", SYSTEMS)
def test_it_compiles_for_a_microcontroller(name, tmp_path):
    options = [*WARNINGS, *INCLUDES, "-mcpu=cortex-m4", "-mthumb", "-c"]
    source = FIRMWARE / "example" / f"update_{name}.c"
    subprocess.run(["arm-none-eabi-gcc", *options, source, "-o", tmp_path / "x.o"], check=True)
