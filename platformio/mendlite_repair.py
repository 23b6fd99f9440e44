"""A PlatformIO extra script: repairs a model before a build and compiles it as a C array.

In platformio.ini, with this file beside it:

    extra_scripts = pre:mendlite_repair.py
    custom_mendlite_repair = float.tflite int8.tflite --data activities.csv
    custom_mendlite_array = g_model          ; optional
    custom_mendlite_command = mendlite       ; optional
"""

import shlex
import subprocess
from pathlib import Path

Import("env")  # noqa: F821 - SCons gives it
env = env  # noqa: F821, PLW0127


def option(name, default=""):
    """An option of the project's environment."""
    return str(env.GetProjectOption(f"custom_mendlite_{name}", default))


def files_of(words):
    """Files among the words, and all files of folders among them."""
    for word in words:
        path = project / word.partition(":")[0]
        path = path if path.exists() else path.with_suffix(".py")
        yield from (p for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file())


def repair():
    """Repair and emit, unless the array is newer than all that it is made from."""
    words = shlex.split(option("repair"))
    source = out / "array" / f"{array}.cc"
    if source.exists():
        made = source.stat().st_mtime
        if all(path.stat().st_mtime <= made for path in files_of(words)):
            return
    target = words[0] if words[0].endswith(".toml") else str(out / "repair" / "target.toml")
    run("repair", *words, "--quiet", "--out", str(out / "repair"))
    run(
        "emit", target, "--model", str(out / "repair" / "repaired.tflite"), "--allow-outside",
        "--formats", "cc", "--name", array, "--out", str(out / "array"),
    )  # fmt: skip


def run(*words):
    """Run mendlite in the project's folder; a failure ends the build."""
    done = subprocess.run([*command, *words], cwd=project, check=False)
    if done.returncode:
        env.Exit(done.returncode)


command = shlex.split(option("command", "mendlite"))
project = Path(env.subst("$PROJECT_DIR"))
out = Path(env.subst("$BUILD_DIR")) / "mendlite"
array = option("array", "g_model")
repair()
env.Append(CPPPATH=[str(out / "array")])
env.BuildSources(str(Path(env.subst("$BUILD_DIR")) / "mendlite_array"), str(out / "array"))
