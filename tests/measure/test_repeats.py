"""Equal samples are not independent: their effective number, by hand and by the cluster formula."""

import numpy as np
import pytest

from mendlite.measure.repeats import copies_of, distinct_tests, independent_tests
from mendlite.measure.sign_test import independent_sign_p, sign_p


def test_each_test_has_the_number_of_its_samples_copies():
    digests = [b"a", b"b", b"a", b"c", b"a"]
    assert copies_of(digests, 5).tolist() == [3, 1, 3, 1, 3]
    assert copies_of(digests, 10).tolist() == [3, 3, 1, 1, 3, 3, 1, 1, 3, 3]
    assert distinct_tests(copies_of(digests, 5)) == 3
    assert distinct_tests(copies_of(digests, 10)) == 6


def test_without_repeats_all_tests_count():
    alone = np.ones(120, np.int64)
    for failing in (0, 1, 26, 119, 120):
        assert independent_tests(np.arange(120) < failing, alone) == 120
    assert independent_tests(np.zeros(0, bool), alone[:0]) == 0


def test_equal_samples_are_one_test():
    copies = np.full(100, 100)
    assert independent_tests(np.ones(100, bool), copies) == 1
    assert independent_tests(np.zeros(100, bool), copies) == 1


def test_every_sample_twice_is_half_as_many():
    failing = np.repeat(np.arange(50) < 7, 2)
    assert independent_tests(failing, np.full(100, 2)) == 50


def test_one_sample_often_among_others():
    # A share of 1/6 of 20 copies and 100 others: its variance is that of 7.128 tests.
    failing = np.arange(120) < 20
    assert independent_tests(failing, np.where(failing, 20, 1)) == 7
    # 99 copies pass and one other fails: two samples, of which Kish counts 10000 / 9802
    assert independent_tests(np.arange(100) < 1, np.where(np.arange(100) < 1, 1, 99)) == 1


def test_the_sign_test_of_copies():
    assert independent_sign_p(7, 2, 9) == sign_p(7, 2)
    assert independent_sign_p(14, 4, 9) == sign_p(7, 2)
    assert independent_sign_p(10, 0, 1) == 1.0
    assert independent_sign_p(0, 0, 0) == 1.0
    assert independent_sign_p(9, 1, 5) == pytest.approx(sign_p(4, 1))
