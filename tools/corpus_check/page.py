"""The findings as lines and as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from corpus_check.findings import Findings
from corpus_check.record import Comparison, FileRecord, Outcome
from mendlite.reading.limited import shown

NAMES = {"litert": "LiteRT", "tflm": "TFLite Micro", "mendlite": "mendlite"}

LONGEST = 150
"""Characters of a reason in a table or a line."""


def line(record: FileRecord) -> str:
    """One line about a file for the terminal."""
    parts = [shown(record.name)]
    if record.interpreted:
        ran = ", ".join(f"{op} ({by})" for op, by in record.interpreted.items())
        parts.append(f"run by the interpreter: {ran}")
    parts += [f"{NAMES[c.runtime]}: {ended(c)}" for c in record.comparisons]
    return " | ".join(parts)


def ended(comparison: Comparison) -> str:
    """How a comparison ended, in words."""
    if comparison.outcome is Outcome.EXACT:
        floats = f", {comparison.floats} float within {comparison.distance:.1g}"
        counted = f"exact, {comparison.integers} integer tensors"
        return counted + (floats if comparison.floats else "")
    return f"{comparison.outcome.value}: {_short(comparison.reason)}"


def _short(reason: str) -> str:
    words = " ".join(reason.split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."


def summary(findings: Findings) -> Iterator[str]:
    """The sums: files read, replayed, and how each comparison ended."""
    records = findings.records
    read = sum(not record.unread for record in records)
    replayed = sum(any(c.outcome is Outcome.EXACT for c in r.comparisons) for r in records)
    yield f"{len(records)} files: {read} read, {replayed} replayed exactly"
    for runtime, name in NAMES.items():
        counted = Counter(c.outcome for r in records for c in r.comparisons if c.runtime == runtime)
        if counted:
            sums = ", ".join(f"{counted[o]} {o.value}" for o in Outcome if counted[o])
            yield f"{name}: {sums}"
    ratios = findings.ratios()
    if ratios:
        yield (
            f"{len(ratios)} kinds of operators on mendlite's kernels: in the median "
            f"{median(ratios.values()):.1f} times the samples a second of LiteRT's reference ones"
        )


def page(findings: Findings) -> str:
    """The page of a folder of one's own."""
    return f"# Model files\n\n{tables(findings)}"


def tables(findings: Findings) -> str:
    """The sums and a row a file."""
    sums = "".join(f"- {words}\n" for words in summary(findings))
    rows = "".join(_row(record) for record in findings.records)
    return (
        f"{sums}\nRandom inputs of seed {findings.seed}, {findings.samples} samples a file.\n\n"
        "| file | run by the interpreter | LiteRT | TFLite Micro |\n|---|---|---|---|\n" + rows
    )


def _row(record: FileRecord) -> str:
    by = {c.runtime: c for c in record.comparisons}
    if "mendlite" in by:
        cells = [ended(by["mendlite"]), ""]
    elif record.unread:
        cells = [f"not read: {_short(record.unread)}", _ran(by)]
    else:
        cells = [ended(by[name]) if name in by else "" for name in ("litert", "tflm")]
    others = ", ".join(f"`{op}`" for op in record.interpreted)
    return "| " + " | ".join(_cell(c) for c in (f"`{shown(record.name)}`", others, *cells)) + " |\n"


def _ran(by: dict[str, Comparison]) -> str:
    ran = [NAMES[name] for name, c in by.items() if c.outcome is Outcome.LACKING]
    return f"opened by {' and '.join(ran)}" if ran else ""


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
