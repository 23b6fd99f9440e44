"""What brings a repair into other builds: the action's steps, hooks, CMake function, PlatformIO script."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from page_commands import EXAMPLES, ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step["run"] for step in ACTION["runs"]["steps"]}

STAND_IN = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$1" in
  repair) mkdir -p build/mendlite; echo "{}" > build/mendlite/report.json ;;
  report) echo "# verdict"; exit 0 ;;
  emit) for last; do :; done; mkdir -p "$last"
        echo 'extern const unsigned char g_model[];' > "$last/g_model.h"
        echo 'const unsigned char g_model[] = {1};' > "$last/g_model.cc" ;;
esac
echo "3 of 450 tests fail"
exit "${CODE:-0}"
"""
"""A program in mendlite's place: it records how it is called, and ends as it is told."""


@pytest.fixture
def stand_in(tmp_path):
    program = tmp_path / "mendlite" / "bin" / "mendlite"
    program.parent.mkdir(parents=True)
    program.write_text(STAND_IN, encoding="ascii")
    program.chmod(0o755)
    return program


def step(name, folder, **values):
    """Run a step of the action as a runner does; its exit code and what it printed."""
    files = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary"}
    defaults = {
        "COMMAND": "validate", "TARGET": "a b.toml", "MODEL": "", "OUT": "build/mendlite",
        "GATE": "true", "ARGUMENTS": "", "RUNNER_TEMP": folder, "CALLS": folder / "calls",
    }  # fmt: skip
    env = {**os.environ, **files, **defaults, **values}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]]
    done = subprocess.run(
        command, cwd=folder, env={k: str(v) for k, v in env.items()},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def text(path):
    return path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("stand_in")
def test_the_action_validates_with_the_gate_and_shows_what_was_printed(tmp_path):
    code, printed = step("Run", tmp_path, MODEL="r.tflite", ARGUMENTS="--seed 3 $(touch hurt)")
    assert code == 0, printed
    assert text(tmp_path / "calls").split() == [
        "validate", "a", "b.toml", "--quiet", "--model", "r.tflite", "--gate",
        "--seed", "3", "$(touch", "hurt)",
    ]  # fmt: skip
    assert not (tmp_path / "hurt").exists()
    assert text(tmp_path / "output") == "exit-code=0\n"
    assert step("Summary", tmp_path, CODE=0, FOLDER="")[0] == 0
    assert "3 of 450 tests fail" in text(tmp_path / "summary")


@pytest.mark.usefixtures("stand_in")
def test_a_limit_that_is_not_met_fails_the_job_behind_its_summary(tmp_path):
    assert step("Run", tmp_path, COMMAND="repair", CODE=4)[0] == 0
    assert "exit-code=4" in text(tmp_path / "output")
    code, printed = step("Summary", tmp_path, CODE=4, FOLDER="build/mendlite")
    assert code == 4
    assert "::error::mendlite ended with exit code 4: 3 of 450" in printed
    assert text(tmp_path / "summary") == "# verdict\n"


@pytest.mark.usefixtures("stand_in")
def test_another_command_is_rejected(tmp_path):
    code, printed = step("Run", tmp_path, COMMAND="emit")
    assert code == 2
    assert "command is validate or repair" in printed


def test_every_input_of_the_action_is_used_and_none_is_pasted_into_a_script():
    used = str([step.get("env") for step in ACTION["runs"]["steps"]])
    assert all(f"inputs.{name} " in used for name in ACTION["inputs"])
    assert not any("${{" in script for script in STEPS.values())


def test_the_hooks_are_a_valid_manifest():
    from pre_commit.clientlib import load_manifest

    hooks = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    assert {hook["id"] for hook in hooks} == {"mendlite-validate", "mendlite-check"}


def cmake(*arguments, folder):
    program = Path(sys.executable).with_name("cmake")
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"CALLS": str(folder / "calls")},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


LISTS = """cmake_minimum_required(VERSION 3.20)
project(firmware LANGUAGES C)
list(APPEND CMAKE_MODULE_PATH {root}/cmake)
include(MendliteRepair)
mendlite_repair(model FLOAT float.tflite INT8 int8.tflite DATA measurements.csv
  OUTPUT_HEADER model.h ARGS --labels ppm {more})
add_executable(firmware main.c)
target_link_libraries(firmware PRIVATE model)
"""


def test_cmake_repairs_when_something_changed_and_not_otherwise(tmp_path, stand_in):
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / "regression", source)
    lists = LISTS.format(root=ROOT, more="")
    (source / "CMakeLists.txt").write_text(lists, encoding="ascii")
    main = '#include "model.h"\nint main(void) { return g_model[0] - 1; }\n'
    (source / "main.c").write_text(main, encoding="ascii")
    begin = ("-S", "source", "-B", "made", f"-DMENDLITE_COMMAND={stand_in}")
    assert cmake(*begin, folder=tmp_path)[0] == 0
    code, printed = cmake("--build", "made", folder=tmp_path)
    assert code == 0, printed
    assert subprocess.run([tmp_path / "made" / "firmware"], check=False).returncode == 0
    first = text(tmp_path / "calls").splitlines()
    assert [line.split()[0] for line in first] == ["repair", "emit"]
    assert "--data measurements.csv --quiet --out" in first[0]
    assert cmake("--build", "made", folder=tmp_path)[0] == 0
    assert len(text(tmp_path / "calls").splitlines()) == 2
    (source / "measurements.csv").touch()
    assert cmake("--build", "made", folder=tmp_path)[0] == 0
    assert len(text(tmp_path / "calls").splitlines()) == 4


def test_cmake_rejects_what_is_no_argument(tmp_path, stand_in):
    lists = LISTS.format(root=ROOT, more="TARGET_TOML target.toml")
    (tmp_path / "CMakeLists.txt").write_text(lists, encoding="ascii")
    code, printed = cmake("-S", ".", "-B", "b", f"-DMENDLITE_COMMAND={stand_in}", folder=tmp_path)
    assert code != 0
    assert "TARGET_TOML has its own FLOAT, INT8 and DATA" in printed


class Environment(dict):
    """What PlatformIO's build environment gives the script."""

    def __init__(self, folder, options):
        self.folder, self.options, self.paths, self.built = folder, options, [], []

    def GetProjectOption(self, name, default):  # noqa: N802
        return self.options.get(name, default)

    def subst(self, text):
        return text.replace("$PROJECT_DIR", str(self.folder)).replace(
            "$BUILD_DIR", str(self.folder / "pio")
        )

    def Append(self, CPPPATH):  # noqa: N802
        self.paths += CPPPATH

    def BuildSources(self, _build, source):  # noqa: N802
        self.built.append(source)

    def Exit(self, code):  # noqa: N802
        raise SystemExit(code)


def run_script(folder, options):
    env = Environment(folder, options)
    script = ROOT / "platformio" / "mendlite_repair.py"
    exec(compile(text(script), str(script), "exec"), {"Import": lambda _: None, "env": env})  # noqa: S102
    return env


def test_platformio_repairs_once_and_compiles_the_array(tmp_path, stand_in, monkeypatch):
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    for name in ("float.tflite", "int8.tflite", "measurements.csv"):
        shutil.copy(EXAMPLES / "regression" / name, tmp_path)
    options = {
        "custom_mendlite_repair": "float.tflite int8.tflite --data measurements.csv",
        "custom_mendlite_command": str(stand_in),
    }
    env = run_script(tmp_path, options)
    assert env.built == env.paths == [str(tmp_path / "pio" / "mendlite" / "array")]
    run_script(tmp_path, options)
    assert [line.split()[0] for line in text(tmp_path / "calls").splitlines()] == ["repair", "emit"]
    monkeypatch.setenv("CODE", "3")
    (tmp_path / "pio" / "mendlite" / "array" / "g_model.cc").unlink()
    with pytest.raises(SystemExit, match="3"):
        run_script(tmp_path, options)
