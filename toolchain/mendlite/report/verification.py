"""A verification as lines of text."""

from __future__ import annotations

from typing import TextIO

from mendlite.model.verification import CounterExample, ProofVerdict, Verification

SHOWN = 12
"""Outputs and open questions that are listed."""


def show_verification(target: str, found: Verification, stream: TextIO) -> None:
    """Print verdict, bounds, and the input that breaks the property."""
    stream.write(
        f"{target}: {found.property}, {found.first} to {found.second}, over {found.region}\n"
        f"{found.verdict.value} by {found.means.value} in {found.seconds:.1f} s "
        f"(reachability {found.reach_seconds:.2f} s; kernels {found.kernels})\n"
    )
    stream.write(f"{found.second} less {found.first}, over every input of the region:\n")
    widest = sorted(found.bounds, key=lambda b: -max(-b.lower, b.upper))[:SHOWN]
    stream.writelines(
        f"  output {bound.output}: {bound.lower:+.4g} ... {bound.upper:+.4g}\n"
        for bound in sorted(widest, key=lambda b: b.output)
    )
    if len(found.bounds) > SHOWN:
        stream.write(f"  (the {SHOWN} widest of {len(found.bounds)})\n")
    still = found.open_questions if found.verdict is ProofVerdict.UNDECIDED else ()
    stream.writelines(f"open: {name}\n" for name in still[:SHOWN])
    if len(still) > SHOWN:
        stream.write(f"open: {len(still) - SHOWN} more\n")
    stream.writelines(f"note: {note}\n" for note in found.notes)
    if found.counter_example is not None:
        _show_example(found, found.counter_example, stream)


def _show_example(found: Verification, example: CounterExample, stream: TextIO) -> None:
    first, second = (
        ", ".join(f"{v:.4g}" for v in values[:SHOWN]) + (", ..." if len(values) > SHOWN else "")
        for values in (example.first, example.second)
    )
    stream.write(
        f"an input that breaks it, replayed on the kernels (stored values in the JSON output):\n"
        f"  {found.first}: class {example.first_class}, outputs {first}\n"
        f"  {found.second}: class {example.second_class}, outputs {second}\n"
    )
