"""A worker whose backend does what its name says: hang, burn CPU, die or lie."""

import os
import sys
import time
from dataclasses import replace

import numpy as np

from mendlite.model.problem import SolveStatus
from mendlite.solvers import worker
from mendlite.solvers.base import without_answer

worker.GRACE = float(os.environ.get("ROGUE_GRACE", "20"))


def solve_with(name, problem, _limits):
    if problem.neuron == 1:
        if name == "hang":
            time.sleep(3600)
        while name == "burn":
            pass
        if name == "die":
            os._exit(9)
        if name == "raise":
            raise RuntimeError("no\nlicence")
    sys.stdout.write("chatter on the standard output\n")
    answer = without_answer(name, SolveStatus.TIME_LIMIT)
    zero = np.zeros(problem.weights.size, np.int16)
    return replace(answer, delta=zero, objective=0.0, status=SolveStatus.OPTIMAL, gap=0.0)


worker.solve_with = solve_with
if __name__ == "__main__":
    sys.exit(worker.main())
