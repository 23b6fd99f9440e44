"""Moves by their public names, to run one's own sequence of, and what a move is written against.

>>> from mendlite import moves
>>> sequence = [moves.Calibrate(rule="min-max"), moves.LeastSquares(max_delta=4)]
>>> [move.step for move in sequence]
['calibrate, min-max', 'least-squares']
"""

from mendlite.case.evaluate import evaluate
from mendlite.model.layer_values import accumulator_unit
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move, Proposal
from mendlite.repair.moves.activation_ranges import ActivationRanges
from mendlite.repair.moves.adaround import AdaRound
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.bias_search import BiasSearch
from mendlite.repair.moves.block_squares import BlockSquares
from mendlite.repair.moves.calibrate import Calibrate
from mendlite.repair.moves.dead_channels import DeadChannels
from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.equalize import Equalize
from mendlite.repair.moves.fit_ranges import FitRanges
from mendlite.repair.moves.gpfq import Gpfq
from mendlite.repair.moves.joint import Joint
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.output_range import OutputRange
from mendlite.repair.moves.qnnrepair import QNNRepair
from mendlite.repair.moves.recurrent_squares import RecurrentSquares
from mendlite.repair.moves.requantize import Requantize
from mendlite.repair.moves.smt_last_layer import SmtLastLayer
from mendlite.repair.moves.squant import Squant
from mendlite.repair.moves.weight_scales import WeightScales
from mendlite.repair.needs import Need
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

__all__ = [
    "ActivationRanges",
    "AdaRound",
    "BiasCorrection",
    "BiasSearch",
    "BlockSquares",
    "Calibrate",
    "DeadChannels",
    "Distill",
    "Edit",
    "Equalize",
    "Facts",
    "FitRanges",
    "Gpfq",
    "Joint",
    "LastLayerMargins",
    "LeastSquares",
    "Move",
    "Need",
    "OutputRange",
    "PatchBudget",
    "Proposal",
    "QNNRepair",
    "RecurrentSquares",
    "RepairContext",
    "Requantize",
    "SmtLastLayer",
    "Squant",
    "Statistic",
    "WeightScales",
    "accumulator_unit",
    "data_edit",
    "evaluate",
    "patched",
]
