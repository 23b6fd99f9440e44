"""Which positions STRIDED_SLICE takes along each axis (``strided_slice_logic.h``)."""

from __future__ import annotations

from mendlite.checker.step import RunningOperator


def taken(step: RunningOperator) -> list[tuple[range, bool]]:
    """(positions, whether the axis goes) along every axis; the rule has compared the numbers."""
    begins, ends, _, _, shrink = (int(step.op.option(f, "i")) for f in range(5))
    shape, rows = step.tensor(0).shape, [step.numbers(i) for i in (1, 2, 3)]
    slices = []
    for axis, (begin, end, pace) in enumerate(zip(*rows, strict=True)):
        bit, n = 1 << axis, shape[axis]
        if shrink & bit:
            at = (0 if begins & bit else begin) % n
            slices.append((range(at, at + 1), True))
            continue
        lowest, highest = (0, n) if pace > 0 else (-1, n - 1)
        first, last = (min(max(v + n if v < 0 else v, lowest), highest) for v in (begin, end))
        first = (lowest if pace > 0 else highest) if begins & bit else first
        last = (highest if pace > 0 else lowest) if ends & bit else last
        slices.append((range(first, last, pace), False))
    return [*slices, *((range(n), False) for n in shape[len(rows[0]) :])]
