"""The library as one folder for six build systems: each builds it, or a stand-in for it does."""

import importlib.util
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "firmware_tests" / "example"
TOOL = ROOT / "tools" / "make_firmware_package.py"

PLAIN = """\
cmake_minimum_required(VERSION 3.16)
project(program C)
add_subdirectory({package} mendlite)
add_executable(program {example}/own_engine.c {example}/stdio_port.c)
target_compile_definitions(program PRIVATE _DEFAULT_SOURCE)
target_link_libraries(program PRIVATE mendlite)
"""

LIBRARY_ALONE = """\
cmake_minimum_required(VERSION 3.16)
project(alone C)
add_subdirectory({package} mendlite)
"""

ESP_IDF = """\
cmake_minimum_required(VERSION 3.16)
project(idf C)
# As ESP-IDF does it, as far as a component sees.
function(idf_component_register)
  cmake_parse_arguments(GIVEN "" "" "SRCS;INCLUDE_DIRS" ${{ARGN}})
  add_library(__idf_mendlite STATIC ${{GIVEN_SRCS}})
  target_include_directories(__idf_mendlite PUBLIC ${{GIVEN_INCLUDE_DIRS}})
  set(COMPONENT_LIB __idf_mendlite PARENT_SCOPE)
endfunction()
set(ESP_PLATFORM 1)
add_subdirectory({package} mendlite)
"""

ESP_IDF_READS = """\
# As ESP-IDF reads what each component requires: in a script, which the registration ends.
macro(idf_component_register)
  message(STATUS "registered")
  return()
endmacro()
include({package}/CMakeLists.txt)
"""

ZEPHYR = """\
cmake_minimum_required(VERSION 3.16)
project(zephyr C)
# As Zephyr's extensions do it, as far as a module sees.
macro(zephyr_library)
  add_library(module STATIC)
endmacro()
macro(zephyr_library_sources)
  target_sources(module PRIVATE ${{ARGN}})
endmacro()
macro(zephyr_library_compile_options)
  target_compile_options(module PRIVATE ${{ARGN}})
endmacro()
macro(zephyr_include_directories)
  include_directories(${{ARGN}})
endmacro()
macro(zephyr_compile_definitions)
  add_compile_definitions(${{ARGN}})
endmacro()
set(CONFIG_MENDLITE y)
add_subdirectory({package}/zephyr module)
"""

ZEPHYR_HEADERS = {
    "device.h": "struct device { int unused; };\n#define DEVICE_DT_GET(node) (&the_uart)\n"
    "#define DT_CHOSEN(name) name\nstatic const struct device the_uart;\n",
    "drivers/uart.h": "#include <zephyr/device.h>\n#include <stdint.h>\n"
    "void uart_poll_out(const struct device *device, unsigned char byte);\n"
    "int uart_irq_update(const struct device *device);\n"
    "int uart_irq_rx_ready(const struct device *device);\n"
    "void uart_irq_rx_enable(const struct device *device);\n"
    "int uart_fifo_read(const struct device *device, uint8_t *data, const int size);\n"
    "int uart_irq_callback_user_data_set(const struct device *device,\n"
    "    void (*called)(const struct device *, void *), void *context);\n",
    "kernel.h": "#include <stdint.h>\nstruct k_sem { int count; };\n#define K_FOREVER 0\n"
    "#define K_SEM_DEFINE(name, first, most) struct k_sem name = {first}\n"
    "int k_sem_take(struct k_sem *sem, int timeout);\nvoid k_sem_give(struct k_sem *sem);\n"
    "uint32_t k_cycle_get_32(void);\nuint32_t k_cyc_to_us_floor32(uint32_t cycles);\n",
    "sys/reboot.h": "#define SYS_REBOOT_COLD 1\nvoid sys_reboot(int type);\n",
    "sys/ring_buffer.h": "#include <stdint.h>\nstruct ring_buf { uint8_t *data; };\n"
    "#define RING_BUF_DECLARE(name, size) static uint8_t name##_data[size]; \\\n"
    "  static struct ring_buf name = {name##_data}\n"
    "uint32_t ring_buf_put(struct ring_buf *buf, const uint8_t *data, uint32_t size);\n"
    "uint32_t ring_buf_get(struct ring_buf *buf, uint8_t *data, uint32_t size);\n",
}
"""The signatures of Zephyr's headers that the sample calls."""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make_firmware_package", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool.write_package(tmp_path_factory.mktemp("package"))


def built(folder, package, project, *options):
    """Configures and builds a project; its build folder."""
    if shutil.which("cmake") is None or shutil.which("ninja") is None:
        pytest.skip("cmake and ninja are not installed")
    (folder / "CMakeLists.txt").write_text(project.format(package=package, example=EXAMPLE))
    out = folder / "build"
    for words in (
        ["cmake", "-G", "Ninja", "-S", folder, "-B", out, *options],
        ["ninja", "-C", out],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_a_plain_project_links_the_target_and_its_program_says_hello(tmp_path, package):
    program = built(tmp_path, package, PLAIN) / "program"
    said = subprocess.run([program], input=b"name%", capture_output=True, check=True, timeout=60)
    assert b"m-name-dut-[mendlite]" in said.stdout


@pytest.mark.device
@pytest.mark.parametrize(
    ("compiler", "flags"),
    [
        ("arm-none-eabi-gcc", "-mcpu=cortex-m4 -mthumb"),
        (
            "riscv64-unknown-elf-gcc",
            "-march=rv32imac -mabi=ilp32 -misa-spec=2.2 --specs=picolibc.specs",
        ),
    ],
)
def test_it_builds_for_a_microcontroller(tmp_path, package, compiler, flags):
    cross = [
        "-DCMAKE_SYSTEM_NAME=Generic",
        f"-DCMAKE_C_COMPILER={compiler}",
        f"-DCMAKE_C_FLAGS={flags} -Wall -Wextra -Werror",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
    ]
    assert list(built(tmp_path, package, LIBRARY_ALONE, *cross).rglob("libmendlite.a"))


def test_it_is_a_component_of_esp_idf(tmp_path, package):
    assert (built(tmp_path, package, ESP_IDF) / "mendlite" / "lib__idf_mendlite.a").exists()


def test_esp_idf_reads_its_requirements_in_a_script(tmp_path, package):
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    script = tmp_path / "requirements.cmake"
    script.write_text(ESP_IDF_READS.format(package=package))
    words = ["cmake", "-DESP_PLATFORM=1", "-P", script]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "registered" in done.stdout


def test_it_is_a_module_of_zephyr(tmp_path, package):
    assert (built(tmp_path, package, ZEPHYR) / "module" / "libmodule.a").exists()


def test_zephyrs_sample_compiles_against_the_signatures_that_it_calls(tmp_path, package):
    for name, text in ZEPHYR_HEADERS.items():
        path = tmp_path / "zephyr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#pragma once\n#include <stddef.h>\n{text}")
    source = package / "zephyr" / "samples" / "serial" / "src" / "main.c"
    words = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{package / 'src'}"]
    words += [f"-I{tmp_path}", '-DCONFIG_BOARD="any"', "-fsyntax-only", source]
    subprocess.run(words, check=True)


def test_the_packs_description_lists_every_source(package):
    (path,) = package.glob("*.pdsc")
    tree = ET.parse(path)  # noqa: S314 - our own file
    assert path.name == f"{tree.findtext('vendor')}.{tree.findtext('name')}.pdsc"
    listed = [f.get("name") for f in tree.iter("file")]
    sources = [p.relative_to(package).as_posix() for p in (package / "src").rglob("*.c")]
    assert sorted(name for name in listed if name.endswith(".c")) == sorted(sources)
    assert all((package / name).exists() for name in listed)


def test_manifests_state_the_same_version(package):
    version = json.loads((package / "library.json").read_text())["version"]
    assert f"version={version}\n" in (package / "library.properties").read_text()
    assert f'version: "{version}"' in (package / "idf_component.yml").read_text()
    assert f'release version="{version}"' in (package / "mendlite.mendlite.pdsc").read_text()


def test_arduino_finds_its_header_and_compiles_all_of_src_as_it_is(tmp_path, package):
    fields = dict(
        line.split("=", 1) for line in (package / "library.properties").read_text().splitlines()
    )
    required = {
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
    }
    assert required <= {name for name, value in fields.items() if value}
    assert (package / "src" / fields["includes"]).exists()
    sketch = tmp_path / "sketch.cpp"
    sketch.write_text("#include <mendlite.h>\nmendlite_harness harness;\n")
    subprocess.run(["g++", "-std=gnu++11", f"-I{package / 'src'}", "-c", sketch, "-o",
                    tmp_path / "sketch.o"], check=True)  # fmt: skip
