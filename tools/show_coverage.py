"""Print the branch coverage of the last run of the tests (.coverage), and the least covered files.

Usage: make test COVERAGE=1
"""

from __future__ import annotations

import io
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from coverage import Coverage

PACKAGE = "toolchain/mendlite/"
LEAST = 12
"""Files that are listed."""


def counts(summary: dict[str, Any]) -> tuple[int, int]:
    """Lines and branches that ran, and all there are."""
    ran = summary["covered_lines"] + summary["covered_branches"]
    return ran, summary["num_statements"] + summary["num_branches"]


def main() -> None:
    """Print the table."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(path))
        report = json.loads(path.read_text())
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    shares = []
    for name, entry in report["files"].items():
        ran, every = counts(entry["summary"])
        room = name.removeprefix(PACKAGE).split("/")[0]
        rooms[room][0] += ran
        rooms[room][1] += every
        if every:
            shares.append((ran / every, every - ran, name.removeprefix(PACKAGE)))
    text = io.StringIO()
    for room, (ran, every) in sorted(rooms.items(), key=lambda r: r[1][0] / max(r[1][1], 1)):
        text.write(f"{100 * ran / max(every, 1):6.1f} %  {room}\n")
    text.write("least covered files, lines and branches that no test ran:\n")
    for share, missed, name in sorted(shares)[:LEAST]:
        text.write(f"{100 * share:6.1f} %  {name} ({missed})\n")
    totals = report["totals"]
    branches = f"{totals['covered_branches']} of {totals['num_branches']} branches"
    text.write(
        f"branch coverage: {totals['percent_covered']:.1f} % of lines and branches, {branches}"
    )
    print(text.getvalue())


if __name__ == "__main__":
    main()
