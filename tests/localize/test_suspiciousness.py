"""The seven metrics on a table worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.localize.noise import Energy, energy
from mendlite.localize.ranking import most_suspicious, rank
from mendlite.localize.spectra import count_spectra, differing
from mendlite.localize.suspiciousness import METRICS, suspiciousness
from mendlite.model.spectra import Metric, Spectra

INF = float("inf")
# (af, as, nf, ns) and the score by each metric.
TABLE = {
    (2, 1, 2, 3): {
        Metric.TARANTULA: (2 / 4) / (2 / 4 + 1 / 4),
        Metric.OCHIAI: 2 / np.sqrt(4 * 3),
        Metric.DSTAR: 4 / 3,
        Metric.JACCARD: 2 / 5,
        Metric.AMPLE: abs(2 / 4 - 1 / 4),
        Metric.EUCLID: np.sqrt(5),
        Metric.WONG3: 1.0,
    },
    (5, 6, 0, 4): {
        Metric.TARANTULA: 1 / 1.6,
        Metric.OCHIAI: 5 / np.sqrt(55),
        Metric.DSTAR: 25 / 6,
        Metric.JACCARD: 5 / 11,
        Metric.AMPLE: 0.4,
        Metric.EUCLID: 3.0,
        Metric.WONG3: 5 - 2.4,
    },
    (3, 30, 1, 0): {
        Metric.TARANTULA: 0.75 / 1.75,
        Metric.OCHIAI: 3 / np.sqrt(4 * 33),
        Metric.DSTAR: 9 / 31,
        Metric.JACCARD: 3 / 34,
        Metric.AMPLE: 0.25,
        Metric.EUCLID: np.sqrt(3),
        Metric.WONG3: 3 - 3.0,
    },
    # Never differs: 0 / 0 is 0.
    (0, 0, 4, 6): {
        Metric.TARANTULA: 0.0, Metric.OCHIAI: 0.0, Metric.DSTAR: 0.0, Metric.JACCARD: 0.0,
        Metric.AMPLE: 0.0, Metric.EUCLID: np.sqrt(6), Metric.WONG3: 0.0,
    },
    # Differs in every failing test and in no other: DStar is infinite.
    (4, 0, 0, 6): {
        Metric.TARANTULA: 1.0, Metric.OCHIAI: 1.0, Metric.DSTAR: INF, Metric.JACCARD: 1.0,
        Metric.AMPLE: 1.0, Metric.EUCLID: np.sqrt(10), Metric.WONG3: 4.0,
    },
    # No test fails.
    (0, 3, 0, 2): {
        Metric.TARANTULA: 0.0, Metric.OCHIAI: 0.0, Metric.DSTAR: 0.0, Metric.JACCARD: 0.0,
        Metric.AMPLE: 0.6, Metric.EUCLID: np.sqrt(2), Metric.WONG3: -2.1,
    },
}  # fmt: skip


def spectra(rows, positions=1, layer=0):
    columns = np.array(rows, np.int64).T
    return Spectra(
        layer=layer, positions=positions, active_fail=columns[0], active_pass=columns[1],
        inactive_fail=columns[2], inactive_pass=columns[3],
    )  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_the_table(metric):
    found = suspiciousness(spectra(list(TABLE)), metric, 0)
    assert found.tolist() == pytest.approx([scores[metric] for scores in TABLE.values()])


@pytest.mark.parametrize("metric", METRICS)
def test_a_convolution_counts_shares_of_positions(metric):
    rows = [[20 * count for count in row] for row in TABLE]
    dense = suspiciousness(spectra(list(TABLE)), metric, 0)
    assert suspiciousness(spectra(rows, 20), metric, 0).tolist() == pytest.approx(dense.tolist())


def test_the_random_baseline_follows_its_seed_and_layer():
    table = spectra(list(TABLE))
    first = suspiciousness(table, Metric.RANDOM, 1)
    assert first.tolist() == suspiciousness(table, Metric.RANDOM, 1).tolist()
    assert first.tolist() != suspiciousness(table, Metric.RANDOM, 2).tolist()
    other = suspiciousness(spectra(list(TABLE), layer=1), Metric.RANDOM, 1)
    assert first.tolist() != other.tolist()


def test_counting_by_hand():
    # Two tests, two positions, two neurons; the first test fails.
    reference = np.array([[[True, False], [True, True]], [[False, False], [True, False]]])
    quantized = np.array([[[False, False], [True, False]], [[False, True], [True, True]]])
    differs = differing(reference, quantized)
    assert differs.tolist() == [[1, 1], [0, 2]]
    found = count_spectra(3, 2, differs, np.array([True, False]))
    assert found.active_fail.tolist() == [1, 1]
    assert found.active_pass.tolist() == [0, 2]
    assert found.inactive_fail.tolist() == [1, 1]
    assert found.inactive_pass.tolist() == [2, 0]


def test_counting_rejects_what_cannot_be():
    with pytest.raises(ValueError, match="more positions"):
        count_spectra(0, 1, np.array([[2]]), np.array([True]))
    with pytest.raises(ValueError, match="differ in shape"):
        differing(np.zeros((1, 2), bool), np.zeros((1, 3), bool))


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1), st.sampled_from(list(Metric)))
def test_scores_are_numbers_and_rankings_fall(rows, metric):
    ranking = rank(spectra(rows), metric, 0)
    assert not np.isnan(ranking.score).any()
    assert all(a >= b for a, b in zip(ranking.score, ranking.score[1:], strict=False))
    assert sorted(ranking.neurons.tolist()) == list(range(len(rows)))


def test_ties_go_to_the_lower_index_and_the_earlier_layer():
    same = [(1, 1, 1, 1)] * 3
    rankings = [rank(spectra(same, layer=layer), Metric.JACCARD, 0) for layer in (1, 0)]
    assert rankings[0].neurons.tolist() == [0, 1, 2]
    assert most_suspicious(rankings, 4) == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_noise_in_decibel():
    assert energy(np.array([3.0, 4.0]), np.array([3.0, 3.5])).decibel == pytest.approx(20.0)
    assert (Energy(signal=1, noise=0) + Energy(signal=1, noise=0.02)).decibel == pytest.approx(20)
    assert Energy(signal=1, noise=0).decibel == INF
    assert Energy(signal=0, noise=1).decibel == -INF
