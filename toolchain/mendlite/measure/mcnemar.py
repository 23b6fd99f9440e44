"""McNemar's exact test for two classifiers on the same samples."""

from __future__ import annotations

from mendlite.measure.sign_test import independent_sign_p


def mcnemar_p(only_first: int, only_second: int, independent: int | None = None) -> float:
    """Two-sided exact p-value, in [0, 1] (McNemar 1947, exact form).

    ``only_first`` and ``only_second`` count the samples that only one of the two classifiers
    gets right. ``independent`` of them count, where samples repeat others (None: all).
    """
    total = only_first + only_second
    return independent_sign_p(
        only_first, only_second, total if independent is None else independent
    )
