"""The gate as JUnit XML: a test case a limit, and one that the repaired file is not worse."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from mendlite.model.gate_result import GateResult
from mendlite.reading.limited import printable

KEPT = "the repaired file is not worse"
"""The test case that every gate has."""


def junit_xml(target: str, limits: Sequence[GateResult], worse: str, seconds: float = 0.0) -> bytes:
    """One test suite. ``worse`` states why the repaired file is worse, empty where it is not.

    ``seconds`` are the whole run's.
    """
    cases = [(KEPT, worse), *((_name(limit), limit.breach) for limit in limits)]
    failed = sum(1 for _, why in cases if why)
    totals = {"tests": str(len(cases)), "failures": str(failed), "errors": "0"}
    time = f"{seconds:.3f}"
    suites = Element("testsuites", {"name": "mendlite", **totals, "time": time})
    name = printable(target)
    suite = SubElement(suites, "testsuite", {"name": name, **totals, "skipped": "0", "time": time})
    for case, why in cases:
        row = SubElement(suite, "testcase", {"classname": f"mendlite.{name}", "name": case})
        row.set("time", "0")
        if why:
            text = printable(why)
            SubElement(row, "failure", {"type": "gate", "message": text}).text = text
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites) + b"\n"


def _name(limit: GateResult) -> str:
    return f"{limit.name} {limit.limit}".strip()
