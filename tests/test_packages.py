"""Which packages are here, and what is said of one that is not."""

import ast
import sys
from importlib import metadata
from pathlib import Path

import pytest

from hidden_packages import hide
from mendlite.errors import BadInputError, BrokenPackageError, MissingPackageError
from mendlite.model.delta import Delta
from mendlite.packages import (
    PACKAGES,
    install_command,
    is_installed,
    load,
    missing,
    package_of,
    version,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
OPTIONAL = {module: package for module, package in PACKAGES.items() if package.extra}


def names(requirements):
    """The names of requirements such as ``numpy>=1.26; python_version < '3.12'``."""
    heads = (line.partition(";")[0] for line in requirements)
    return {"".join(c if c.isalnum() or c in "-_" else " " for c in h).split()[0] for h in heads}


@pytest.mark.parametrize("package", OPTIONAL.values(), ids=lambda package: package.name)
def test_a_missing_package_is_one_line_that_names_its_extra(package, monkeypatch):
    hide(monkeypatch, package.module)
    assert not is_installed(package.module)
    assert version(package.module) is None
    line = missing(package.module, "this")
    assert line.startswith(f"this needs {package.name}: pip install 'mendlite[{package.extra}]'")
    with pytest.raises(MissingPackageError) as caught:
        load(f"{package.module}.inside", "this")
    assert str(caught.value) == line
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("package", OPTIONAL.values(), ids=lambda package: package.name)
def test_the_extra_of_the_line_brings_the_package(package):
    assert package.name in names(EXTRAS[package.extra])
    assert package.name not in names(PROJECT["dependencies"])


def test_every_extra_has_a_line():
    """But for those of tools beside mendlite, which it never imports."""
    beside = {"dev", "docs", "int4"}
    assert {package.extra for package in OPTIONAL.values()} == set(EXTRAS) - beside


def test_a_package_that_is_here_is_imported():
    assert load("mendlite.model.delta", "this").Delta is Delta
    assert missing("numpy", "this") == ""
    assert version("numpy") == metadata.version("numpy")
    assert install_command("serial") == "pip install pyserial"
    assert package_of("numpy.linalg").name == "numpy"


def test_a_package_that_cannot_be_imported_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "torn_package.py").write_text("import no_such_thing_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    assert version("torn_package") == "unknown"
    with pytest.raises(BrokenPackageError, match="installed and cannot be imported: No module na"):
        load("torn_package", "this")
    assert issubclass(BrokenPackageError, BadInputError)


def words_about_packages(path):
    """Lines of a module that look for a package, import an optional one or say that one lacks."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            first = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            if first.partition(".")[0] in OPTIONAL:
                yield node.lineno
        elif (
            isinstance(node, ast.Attribute) and node.attr in {"find_spec", "PackageNotFoundError"}
        ) or (isinstance(node, ast.Constant) and "pip install" in str(node.value)):
            yield node.lineno


def test_one_module_decides_and_says_which_package_is_missing():
    package = ROOT / "toolchain" / "mendlite"
    found = {
        p.relative_to(package).as_posix(): list(words_about_packages(p))
        for p in package.rglob("*.py")
    }
    assert {name for name, lines in found.items() if lines} == {"packages.py"}
