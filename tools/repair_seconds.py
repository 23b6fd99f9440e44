"""`mendlite` with its arguments; the CPU seconds of its repair alone go to the file named first.

Usage: python tools/repair_seconds.py FILE.json repair TARGET ...

Alone: from the opened, diagnosed and cross-checked base file to the end of the last step, as other
quantizers are measured, without imports, validation and report.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import process_time
from typing import Any

from mendlite import cli
from mendlite.jobs import repair as job


def stamped(call: Callable[..., Any], ends: list[float]) -> Callable[..., Any]:
    """The same call; the process's CPU seconds at its end are added to ``ends``."""

    @wraps(call)
    def run(*arguments: Any, **named: Any) -> Any:
        result = call(*arguments, **named)
        ends.append(process_time())
        return result

    return run


def main() -> None:
    """Run the command; the file is written where steps ran."""
    place = Path(sys.argv.pop(1))
    looked: list[float] = []
    steps: list[float] = []
    for name, ends in (("look", looked), ("run_steps", steps)):
        setattr(job, name, stamped(getattr(job, name), ends))
    try:
        cli.main()
    finally:
        if looked and steps:
            seconds = {"cpu_seconds": steps[0] - looked[0]}
            place.write_text(json.dumps(seconds) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
