"""The registry: one row a strategy, which engine, command line and documents read."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.moves import BiasCorrection, Edit, LeastSquares, Move, Need, Proposal
from mendlite.repair.layers.layerwise import LayerTask, repair_layers
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.plan import IfApplies, in_order
from mendlite.repair.strategies.registry import DEFAULT, STRATEGIES, find_strategy
from mendlite.repair.strategies.strategy import Strategy
from mendlite.targets.open import load_case
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

TWICE = Strategy(
    name="twice",
    summary="biases, then weights",
    plan=in_order(BiasCorrection(), LeastSquares()),
    within_budget=(BiasCorrection(),),
)

REGISTERING = """
from mendlite.moves import BiasCorrection, LeastSquares
from mendlite.repair.strategies import registry
from mendlite.repair.strategies.plan import in_order
from mendlite.repair.strategies.strategy import Strategy

row = Strategy(name="twice", summary="biases, then weights",
               plan=in_order(BiasCorrection(), LeastSquares()), within_budget=(BiasCorrection(),))
registry.STRATEGIES[row.name] = row

from mendlite.cli import main
main()
"""


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def test_a_new_strategy_is_one_row(digits, monkeypatch):
    monkeypatch.setitem(STRATEGIES, TWICE.name, TWICE)
    report = repair(digits, Settings.of("twice"), PATHS).report
    assert [step.name for step in report.steps] == ["bias", "least-squares"]
    assert report.strategy == "twice"
    budgeted = repair(digits, Settings.of("twice", max_bytes=40), PATHS).report
    assert {step.name for step in budgeted.steps} == {"bias in budget"}
    assert 0 < budgeted.repair.bytes_changed <= 40


def test_the_command_line_reads_the_row(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-c", REGISTERING, "repair", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert "twice          biases, then weights" in run("--help").stdout
    assert "|twice]" in run("--help").stdout.replace("\n", "").replace(" ", "")
    done = run("digits", "--strategy", "twice", "--out", str(tmp_path / "out"), "-q")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "repaired.tflite").is_file()
    refused = run("digits", "--strategy", "twice", "--epsilon", "1", "--out", str(tmp_path / "b"))
    assert refused.returncode == 2
    assert "--epsilon has no effect with strategy twice: it belongs to smt" in refused.stderr


@pytest.mark.parametrize("row", STRATEGIES.values(), ids=lambda row: row.name)
def test_a_row_is_complete(row):
    assert find_strategy(row.name) is row
    assert row.summary
    assert row.summary[0].islower() or row.summary.startswith("qnnrepair")
    assert row.moves
    assert all(move.keeps_budget for move in row.within_budget)
    page = (Path(__file__).parents[2] / "docs" / "STRATEGIES.md").read_text(encoding="utf-8")
    assert f"`{row.name}`" in page


def test_the_default_is_the_first_row():
    assert Settings.of().strategy.name == DEFAULT == next(iter(STRATEGIES)) == "auto"


@dataclass(frozen=True)
class NudgesOneBias(Move):
    """A move of one's own: the first bias of the last layer, one step up."""

    name = "nudge"
    needs = frozenset({Need.LAST_DENSE_LAYER})
    edits = frozenset({Edit.BIASES})

    def propose(self, context, budget):  # noqa: ARG002 - one value always fits
        layer = context.model.layers[-1]
        values = context.model.tensors[layer.bias].constant().copy()
        values.reshape(-1)[0] += 1
        return Proposal(
            model=patched(context.model, [data_edit(context.model, layer.bias, values)]),
            notes=("nudge: one bias moved",),
        )


def test_a_move_of_ones_own_works(digits):
    report = repair(digits, Settings.of([LeastSquares(), NudgesOneBias()]), PATHS).report
    assert [step.name for step in report.steps] == ["least-squares", "nudge"]
    assert "nudge: one bias moved" in report.notes


def test_a_move_says_why_it_does_nothing_before_any_replay(digits, monkeypatch):
    from test_acceptance import engine

    from mendlite.replay.reference.runner import ReferenceRunner

    runner = engine(digits, layers=("0",))
    state = runner.begin()
    monkeypatch.setattr(ReferenceRunner, "run", lambda *_: pytest.fail("samples were replayed"))
    for move, reason in ((find_strategy("margins").plan, None), (Ranges(), "ranges stay")):
        why_not = move.why_not(runner.context(state))
        assert (reason is None) == (why_not is None)
        assert why_not is None or reason in why_not
    quiet = IfApplies(Ranges()).run(runner, state)
    assert quiet is state
    noted = runner.attempt(state, Ranges())
    assert noted.steps == ()
    assert noted.notes[-1].startswith("ranges: ranges stay")


@dataclass(frozen=True)
class Ranges(Move):
    """It needs ranges that may change."""

    name = "ranges"
    needs = frozenset({Need.RANGES})
    edits = frozenset({Edit.RANGES})

    def propose(self, context, budget):  # noqa: ARG002 - the protocol's arguments
        raise AssertionError


def test_a_layer_solver_of_ones_own_is_checked_layer_by_layer(digits):
    from mendlite.moves import Statistic
    from mendlite.repair.engine.statistics import Statistics
    from mendlite.repair.moves.bias_correction import BiasSolver

    task = LayerTask(case=digits, model=digits.quantized, layers=(0,))
    statistics = Statistics(declared=frozenset({Statistic.LAYER_TARGETS}))
    repaired = repair_layers(task, BiasSolver(), statistics.layer_targets)
    assert set(repaired.gains) == {0}
    assert repaired.model.sha256 != digits.quantized.sha256
