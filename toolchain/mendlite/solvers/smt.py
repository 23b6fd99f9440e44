"""Equivalence problems in Z3: linear integer arithmetic with one assumption per image."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.equivalence import LEVELS, EquivalenceAnswer, EquivalenceProblem
from mendlite.solvers.base import Limits

Ints = NDArray[np.int64]


def solve(problem: EquivalenceProblem, limits: Limits) -> EquivalenceAnswer:
    """Deltas that satisfy every image, or the images that contradict each other."""
    z3: Any = import_module("z3")
    solver = z3.Solver()
    solver.set("timeout", max(int(1000 * limits.seconds), 1), "random_seed", 0)
    variables = _variables(z3, solver, problem)
    bound = z3.Bool("bound")
    if problem.changes is not None and variables:
        changed = [(v != 0, 1) for v in variables.values()]
        solver.add(z3.Implies(bound, z3.PbLe(changed, problem.changes)))
    images = [z3.Bool(f"image{s}") for s in range(len(problem.inputs))]
    reach = _reach(problem)
    for image, literal in enumerate(images):
        holds = _image(z3, problem, variables, reach, image)
        solver.add(z3.Implies(literal, holds))
    verdict = solver.check(bound, *images)
    if verdict == z3.sat:
        return EquivalenceAnswer(status="sat", delta=_deltas(solver.model(), problem, variables))
    if verdict != z3.unsat:
        return EquivalenceAnswer(status="unknown", message=str(solver.reason_unknown()))
    names = {str(literal) for literal in solver.unsat_core()}
    core = tuple(n for n, literal in enumerate(images) if str(literal) in names)
    return EquivalenceAnswer(status="unsat", core=core, bounded="bound" in names)


def _variables(z3: Any, solver: Any, problem: EquivalenceProblem) -> dict[tuple[int, int], Any]:
    """An integer for every free weight, within its box."""
    variables = {}
    for c, k in zip(*np.nonzero(problem.free), strict=True):
        variable = z3.Int(f"d{c}_{k}")
        low, high = int(problem.delta_min[c, k]), int(problem.delta_max[c, k])
        solver.add(variable >= low, variable <= high)
        variables[int(c), int(k)] = variable
    return variables


def _reach(problem: EquivalenceProblem) -> tuple[Ints, Ints]:
    """The least and the largest accumulator of each image and output within the box."""
    inputs = problem.inputs.astype(np.int64)
    here = inputs @ problem.weights.T.astype(np.int64) + problem.bias
    low = np.where(problem.free, problem.delta_min, 0).astype(np.int64)
    high = np.where(problem.free, problem.delta_max, 0).astype(np.int64)
    up, down = np.maximum(inputs, 0), np.minimum(inputs, 0)
    return here + up @ low.T + down @ high.T, here + up @ high.T + down @ low.T


def _image(
    z3: Any,
    problem: EquivalenceProblem,
    variables: dict[tuple[int, int], Any],
    reach: tuple[Ints, Ints],
    image: int,
) -> Any:
    """The conditions of one image: its levels within their bounds, and its class the largest."""
    row = problem.inputs[image].astype(np.int64)
    least, most = reach[0][image], reach[1][image]
    here = row @ problem.weights.T.astype(np.int64) + problem.bias
    sums = []
    for c in range(len(problem.weights)):
        terms = [int(row[k]) * v for (output, k), v in variables.items() if output == c and row[k]]
        sums.append(int(here[c]) + (z3.Sum(terms) if terms else 0))

    def at_least(c: int, level: int) -> Any:
        return _compare(z3, sums[c], int(problem.cuts[c, level]), int(least[c]), int(most[c]))

    asked = []
    for c in range(len(sums)):
        if problem.low[image, c] > 0:
            asked.append(at_least(c, int(problem.low[image, c])))
        if problem.high[image, c] < LEVELS - 1:
            asked.append(z3.Not(at_least(c, int(problem.high[image, c]) + 1)))
    winner = int(problem.winner[image])
    if winner >= 0:
        asked.append(_wins(z3, problem, reach, image, at_least))
    return z3.And(asked) if asked else z3.BoolVal(True)


def _compare(z3: Any, total: Any, cut: int, least: int, most: int) -> Any:
    """``total >= cut``, decided at once where the box decides it."""
    if cut <= least:
        return z3.BoolVal(True)
    if cut > most:
        return z3.BoolVal(False)
    return total >= cut


def _wins(
    z3: Any, problem: EquivalenceProblem, reach: tuple[Ints, Ints], image: int, at_least: Any
) -> Any:
    """For some level the class reaches it and no other passes it; lower indices stay below."""
    winner = int(problem.winner[image])
    cuts = problem.cuts[winner]
    first = int(np.searchsorted(cuts, reach[0][image, winner], side="right")) - 1
    last = int(np.searchsorted(cuts, reach[1][image, winner], side="right")) - 1
    ways = []
    for level in range(max(first, 0), min(last, LEVELS - 1) + 1):
        beaten = [
            z3.Not(at_least(c, level if c < winner else level + 1))
            for c in range(len(problem.cuts))
            if c != winner
        ]
        ways.append(z3.And(at_least(winner, level), *beaten))
    return z3.Or(ways)


def _deltas(
    model: Any, problem: EquivalenceProblem, variables: dict[tuple[int, int], Any]
) -> NDArray[np.int16]:
    deltas = np.zeros(problem.weights.shape, np.int16)
    for place, variable in variables.items():
        deltas[place] = model.eval(variable, model_completion=True).as_long()
    return deltas
