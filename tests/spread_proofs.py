"""Proofs that are long enough to be spread, and what must be equal wherever they run."""

from dataclasses import replace

import numpy as np

from mendlite.certify import input_splitting as splitting
from mendlite.certify.bounds.property import ErrorBound
from mendlite.certify.decide import ProofEffort, certify
from mendlite.certify.proof_task import ProofTask
from mendlite.solvers.maximisers import make_maximiser
from small_networks import tiny_models

FEW = 50
"""Products up to which a part's inputs are computed: the boxes below have dozens of parts."""


def proofs(seed):
    """(models, box, property that holds), and one that some inputs break."""
    models, box = tiny_models(seed, radius=5)
    axes = [np.arange(a, b + 1) for a, b in zip(box.low, box.high, strict=True)]
    x = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=1)
    replay = models.replay(box, x)
    apart = np.sort(np.abs(replay.second - replay.first)[:, 0])
    for epsilon in (apart[-1] * 1.001, apart[-1] * 0.999, apart[len(apart) // 2]):
        yield models, box, ErrorBound(epsilon=float(epsilon), outputs=(0,))


def split_of(models, box, wanted, workers=None, watch=lambda _decided, _waiting: False):
    """What splitting finds, in a form that can be compared."""
    queries = wanted.queries(2, models.networks.second.nodes[-1].step)
    found = splitting.split(models, box, wanted, queries, watch, workers=workers)
    return found.tolist() if isinstance(found, np.ndarray) else found


def verification_of(models, box, wanted, workers=None):
    """What certify reports but for its seconds, without the search that refutes at once."""
    effort = ProofEffort(
        seconds=60.0, solver=make_maximiser("highs"), attack=False, workers=workers
    )
    found = certify(ProofTask(models=models, box=box, wanted=wanted), effort)
    return replace(found, seconds=0.0, reach_seconds=0.0)
