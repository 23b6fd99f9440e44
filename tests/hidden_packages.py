"""Packages that are installed and cannot be found, as where nobody installed them."""

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

VARIABLE = "HIDDEN_PACKAGES"


def finder(hidden):
    """A finder of modules on the path to which the top-level modules ``hidden`` are not there."""

    class Hiding(PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            return (
                None if name.partition(".")[0] in hidden else super().find_spec(name, path, target)
            )

    return Hiding


def install(hidden):
    """Put it in the place of the usual finder."""
    sys.meta_path[:] = [finder(hidden) if f is PathFinder else f for f in sys.meta_path]


def hide(monkeypatch, *hidden):
    """Hide packages from this process until the test ends."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in hidden]
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(
        sys, "meta_path", [finder(hidden) if f is PathFinder else f for f in sys.meta_path]
    )


def hiding(folder, hidden):
    """What to add to the environment of a process that must not find ``hidden``.

    A ``sitecustomize`` in ``folder``, which Python imports when it starts, hides them from the
    process and from those that it starts.
    """
    here = Path(__file__)
    (folder / "sitecustomize.py").write_text(
        f"import os\nfrom {here.stem} import install\ninstall(os.environ['{VARIABLE}'].split(','))\n"
    )
    (folder / here.name).write_text(here.read_text())
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return {VARIABLE: ",".join(sorted(hidden)), "PYTHONPATH": path}
