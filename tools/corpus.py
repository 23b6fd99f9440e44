"""Read and replay every model file of a folder, compared with LiteRT and TFLite Micro.

Usage: make corpus [FOLDER=...] [ARGS='--samples 3 --seed 0 --untimed']. Each file (.tflite, or a C source with
one as an array) is read, replayed on random inputs, and compared with both runtimes on all integer tensors, in a
process of its own with bounded time and memory. Without a folder the public files beside MENDLITE_DATA are checked and
docs/OPERATORS.md is written; else build/corpus/. Ends with 1 where a byte is wrong or an error of mendlite's own escapes.
"""  # noqa: E501 - a usage text

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "toolchain"), str(ROOT / "tools")]

from corpus_check.findings import RESULTS, Findings, stored  # noqa: E402 - after the path
from corpus_check.model_files import model_files  # noqa: E402
from corpus_check.page import line, page, summary  # noqa: E402
from corpus_check.process import SECONDS, checked  # noqa: E402
from corpus_check.record import FileRecord  # noqa: E402

OUT = Path("build") / "corpus"


def public_files() -> Path:
    """The folder of public files beside MENDLITE_DATA."""
    return Path(os.environ.get("MENDLITE_DATA", "")).parent / "corpus" / "files"


def check_folder(folder: Path, chosen: argparse.Namespace) -> list[FileRecord]:
    """The records of all files, each printed as it is there."""

    def one(path: Path) -> FileRecord:
        name = str(path.relative_to(folder)).removesuffix(".tflite")
        return checked(
            path, name, chosen.samples, chosen.seed,
            timed=not chosen.untimed, seconds=chosen.seconds,
        )  # fmt: skip

    found = []
    paths = [path for path in model_files(folder) if chosen.only in path.name]
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for record in pool.map(one, paths):
            print(line(record), flush=True)
            found.append(record)
    return found


def arguments(given: list[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, help="default: the public files")
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only",
        default="",
        help="files with this in their name; the others keep what was found before",
    )
    parser.add_argument("--jobs", type=int, default=1, help="files at once")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit of one file")
    parser.add_argument("--untimed", action="store_true", help="do not measure the speed")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Check a folder, print a line a file and the sums, write the page."""
    chosen = arguments(given)
    folder: Path = chosen.folder or public_files()
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder; name one, or set MENDLITE_DATA")
    print(f"random inputs of seed {chosen.seed}, {chosen.samples} samples a file")
    records = check_folder(folder, chosen)
    if not records:
        raise SystemExit(f"{folder} holds no .tflite file and no C array of one")
    if chosen.only and chosen.folder is None:
        records = stored().merged(records)
    findings = Findings(seed=chosen.seed, samples=chosen.samples, records=tuple(records))
    print("\n".join(summary(findings)))
    write(findings, public=chosen.folder is None)
    if any(record.failed for record in records):
        sys.exit(1)


def write(findings: Findings, *, public: bool) -> None:
    """The findings: of the public files docs/OPERATORS.md, else a page in build/corpus."""
    found: dict[str, Any] = findings.to_json()
    text = json.dumps(found, indent=1) + "\n"
    if public:
        from operators_page import operators_page
        from write_docs import OPERATORS

        RESULTS.write_text(text, encoding="utf-8")
        OPERATORS.write_text(operators_page(), encoding="utf-8")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "corpus.json").write_text(text, encoding="utf-8")
    (OUT / "corpus.md").write_text(page(findings), encoding="utf-8")
    print(f"written: {OUT / 'corpus.md'}")


if __name__ == "__main__":
    main()
