"""A verification as lines of text."""

from __future__ import annotations

from typing import TextIO

from mendlite.model.verification import CounterExample, ProofVerdict, Verification

SHOWN = 12
"""Outputs and open questions that are listed."""


def show_verification(target: str, proof: Verification, stream: TextIO) -> None:
    """Print verdict, bounds, and the input that breaks the property."""
    stream.write(
        f"{target}: {proof.property}, {proof.first} to {proof.second}, over {proof.region}\n"
        f"{proof.verdict.value} by {proof.means.value} in {proof.seconds:.1f} s "
        f"(reachability {proof.reach_seconds:.2f} s; kernels {proof.kernels})\n"
    )
    stream.write(f"{proof.second} less {proof.first}, over every input of the region:\n")
    widest = sorted(proof.bounds, key=lambda b: -max(-b.lower, b.upper))[:SHOWN]
    stream.writelines(
        f"  output {bound.output}: {bound.lower:+.4g} ... {bound.upper:+.4g}\n"
        for bound in sorted(widest, key=lambda b: b.output)
    )
    if len(proof.bounds) > SHOWN:
        stream.write(f"  (the {SHOWN} widest of {len(proof.bounds)})\n")
    still = proof.open_questions if proof.verdict is ProofVerdict.UNDECIDED else ()
    stream.writelines(f"open: {name}\n" for name in still[:SHOWN])
    if len(still) > SHOWN:
        stream.write(f"open: {len(still) - SHOWN} more\n")
    stream.writelines(f"note: {note}\n" for note in proof.notes)
    if proof.counter_example is not None:
        _show_example(proof, proof.counter_example, stream)


def _show_example(proof: Verification, example: CounterExample, stream: TextIO) -> None:
    first, second = (
        ", ".join(f"{v:.4g}" for v in values[:SHOWN]) + (", ..." if len(values) > SHOWN else "")
        for values in (example.first, example.second)
    )
    stream.write(
        f"an input that breaks it, replayed on the kernels (stored values in the JSON output):\n"
        f"  {proof.first}: class {example.first_class}, outputs {first}\n"
        f"  {proof.second}: class {example.second_class}, outputs {second}\n"
    )
