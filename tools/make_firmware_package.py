"""Write the firmware's library as one folder that six build systems take.

make_firmware_package.py OUT writes OUT/mendlite anew; an older one there is replaced.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware_tests"
URL = "https://github.com/mendlite/mendlite"
WHAT = "Runs quantized .tflite models, and lets mendlite validate and repair them on the board"

NOT_OF_THE_LIBRARY = {"main.c"}
"""Sources of app/ that are mendlite's own firmware."""


def sources() -> Iterator[tuple[Path, Path]]:
    """(file, its place below src/) of every source and header of the library."""
    for path in sorted((FIRMWARE / "wire").glob("*.[ch]")):
        yield path, Path(path.name)
    for path in sorted((FIRMWARE / "app").rglob("*.[ch]")):
        place = path.relative_to(FIRMWARE / "app")
        if place.parts[0] != "tflm" and path.name not in NOT_OF_THE_LIBRARY:
            yield path, place
    yield FIRMWARE / "port" / "port.h", Path("port.h")
    yield FIRMWARE / "package" / "mendlite.h", Path("mendlite.h")


def version() -> str:
    """The version that pyproject.toml states; of a development version the release's numbers."""
    text = (ROOT / "toolchain" / "mendlite" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(\d+\.\d+\.\d+)', text)
    if found is None:
        project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        found = re.search(r'^version = "(\d+\.\d+\.\d+)', project, re.MULTILINE)
    if found is None:
        sys.exit("make_firmware_package: no version in pyproject.toml")
    return found[1]


def library_json() -> str:
    """PlatformIO's manifest."""
    described = {
        "name": "mendlite",
        "version": version(),
        "description": WHAT,
        "keywords": ["tflite", "quantization", "machine learning"],
        "repository": {"type": "git", "url": f"{URL}.git"},
        "license": "Apache-2.0",
        "frameworks": "*",
        "platforms": "*",
        "headers": "mendlite.h",
        "build": {"srcDir": "src", "includeDir": "src", "flags": ["-ffp-contract=off"]},
    }
    return json.dumps(described, indent=2) + "\n"


def library_properties() -> str:
    """Arduino's manifest."""
    fields = {
        "name": "mendlite",
        "version": version(),
        "author": "mendlite contributors",
        "maintainer": "mendlite contributors",
        "sentence": f"{WHAT}.",
        "paragraph": "An integer engine for int8 models and a protocol over the serial line.",
        "category": "Data Processing",
        "url": URL,
        "architectures": "*",
        "includes": "mendlite.h",
        "dot_a_linkage": "true",
    }
    return "".join(f"{name}={value}\n" for name, value in fields.items())


def idf_component() -> str:
    """ESP-IDF's manifest."""
    return (
        f'version: "{version()}"\ndescription: {json.dumps(WHAT)}\nurl: {URL}\n'
        'license: Apache-2.0\ndependencies:\n  idf: ">=5.0"\n'
    )


def pdsc() -> str:
    """The description of a CMSIS-Pack (schema 1.7), whose file is called VENDOR.NAME.pdsc."""
    places = [place.as_posix() for _, place in sources() if place.suffix == ".c"]
    files = "".join(
        f'        <file category="sourceC" name={quoteattr(f"src/{place}")}/>\n' for place in places
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance"
 xs:noNamespaceSchemaLocation="https://raw.githubusercontent.com/Open-CMSIS-Pack/Open-CMSIS-Pack-Spec/v1.7.7/schema/PACK.xsd">
  <vendor>mendlite</vendor>
  <name>mendlite</name>
  <description>{WHAT}</description>
  <url>{URL}/releases/</url>
  <license>LICENSE</license>
  <releases>
    <release version="{version()}">First release as a pack.</release>
  </releases>
  <components>
    <component Cclass="Machine Learning" Cgroup="mendlite" Cversion="{version()}">
      <description>{WHAT}</description>
      <files>
        <file category="include" name="src/"/>
        <file category="header" name="src/mendlite.h"/>
{files}      </files>
    </component>
  </components>
</package>
"""


def write_package(out: Path) -> Path:
    """Write the folder; its path."""
    folder = out / "mendlite"
    if folder.exists():
        shutil.rmtree(folder)
    for path, place in sources():
        target = folder / "src" / place
        if target.exists():
            sys.exit(f"make_firmware_package: two sources are called {place}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copytree(FIRMWARE / "package" / "zephyr", folder / "zephyr")
    shutil.copyfile(FIRMWARE / "package" / "CMakeLists.txt", folder / "CMakeLists.txt")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    written = {
        "library.json": library_json(),
        "library.properties": library_properties(),
        "idf_component.yml": idf_component(),
        "mendlite.mendlite.pdsc": pdsc(),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def main() -> None:
    """Write the package into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder that mendlite/ is written into")
    print(write_package(parser.parse_args().out))


if __name__ == "__main__":
    main()
