"""Check the firmware's library with cppcheck's MISRA C:2012 addon against the listed deviations.

Exits with 1 where a rule is broken that firmware_tests/misra.tsv does not list, or one is listed
that nothing breaks. --page writes docs/firmware/misra.md. Paths, if any, are checked instead of the
library.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware_tests"
DEVIATIONS = FIRMWARE / "misra.tsv"
PAGE = ROOT / "docs" / "firmware" / "misra.md"

CHECKED = ("wire", "app", "app/engine", "app/engine/ops", "app/interpreter")
"""Folders of the library's sources, without mendlite's own main."""

PAGE_HEAD = """\
# MISRA C:2012

The library of harness and engine is checked with cppcheck's MISRA addon by
`tools/firmware_misra.py`. No claim of compliance is made: the addon covers a part of the rules.
These are broken on purpose; a test fails for any other (`firmware_tests/misra.tsv`).
`--page` writes this page.

| rule | category | lines | reason |
|---|---|---|---|"""

FOUND = re.compile(r"^(\S+?):(\d+):\d+: .*\[misra-c2012-(\d+\.\d+)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A line that breaks a rule."""

    place: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A rule that is broken on purpose; ``category`` is MISRA's."""

    category: str
    reason: str


def read_deviations(text: str) -> dict[str, Deviation]:
    """The list by rule; its lines are rule, category and reason below a header."""
    lines = [line.split("\t") for line in text.splitlines()[1:]]
    return {rule: Deviation(category=kind, reason=why) for rule, kind, why in lines}


def library() -> list[Path]:
    """The sources that a program links."""
    folders = [FIRMWARE / folder for folder in CHECKED]
    paths = [path for folder in folders for path in sorted(folder.glob("*.c"))]
    return [path for path in paths if path != FIRMWARE / "app" / "main.c"]


def check(sources: Sequence[Path]) -> list[Breach]:
    """What cppcheck's addon finds in the sources and their headers."""
    program = shutil.which("cppcheck")
    if program is None:
        sys.exit("firmware_misra: cppcheck is not installed: apt install cppcheck")
    own = [path for path in sources if path.parent.name == "interpreter"]
    others = [path for path in sources if path not in own]
    # A program has one engine or the other; all configurations together define each function twice.
    groups = (("-UMENDLITE_OWN_INTERPRETER", others), ("-DMENDLITE_OWN_INTERPRETER", own))
    found = {place for choice, part in groups if part for place in _found(program, [choice, *part])}
    return [Breach(place=f"{p}:{n}", rule=rule) for p, n, rule in sorted(found)]


def _found(program: str, words: Sequence[str | Path]) -> list[tuple[str, str, str]]:
    """(path, line, rule) of each finding."""
    options = ["--addon=misra", "--std=c11", "--enable=style", "-q", "-j2"]
    options += [f"-I{FIRMWARE / folder}" for folder in ("wire", "app", "port")]
    done = subprocess.run([program, *options, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"firmware_misra: {done.stdout}{done.stderr}")
    return FOUND.findall(done.stderr)


def unlisted(breaches: Sequence[Breach], listed: Mapping[str, Deviation]) -> Iterator[str]:
    """A line for each breach of a rule that is not listed."""
    for breach in breaches:
        if breach.rule not in listed:
            yield f"{breach.place}: MISRA C:2012 rule {breach.rule} is broken, and not listed"


def unneeded(breaches: Sequence[Breach], listed: Mapping[str, Deviation]) -> Iterator[str]:
    """A line for each listed rule that nothing breaks."""
    broken = {breach.rule for breach in breaches}
    for rule in listed.keys() - broken:
        yield f"rule {rule} is listed in {DEVIATIONS.relative_to(ROOT)}, and nothing breaks it"


def page(breaches: Sequence[Breach], listed: Mapping[str, Deviation]) -> str:
    """The page: the list with how many lines each rule concerns."""
    counts = Counter(breach.rule for breach in breaches)
    rows = [
        f"| {rule} | {one.category} | {counts[rule]} | {one.reason} |"
        for rule, one in listed.items()
    ]
    return "\n".join([PAGE_HEAD, *rows, ""])


def main() -> None:
    """Check, compare with the list, and write the page where it is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="*", type=Path, metavar="FILE.c")
    parser.add_argument("--page", action="store_true", help="write docs/firmware/misra.md")
    options = parser.parse_args()
    listed = read_deviations(DEVIATIONS.read_text("ascii"))
    breaches = check(options.sources or library())
    lines = list(unlisted(breaches, listed))
    if not options.sources:
        lines += unneeded(breaches, listed)
    if options.page:
        PAGE.write_text(page(breaches, listed), encoding="utf-8")
    print(f"{len(breaches)} lines break {len({b.rule for b in breaches})} rules")
    sys.exit("\n".join(lines) or 0)


if __name__ == "__main__":
    main()
