"""Options and settings of the repairs that are certified here."""

from mendlite.algorithms.qnnrepair import Passing
from mendlite.model.spectra import Metric
from mendlite.repair.settings import Room, Settings, Solving
from mendlite.targets.open import CaseOptions


def options(**changes):
    return CaseOptions(**changes)


def settings(strategy):
    return Settings(
        strategy=strategy, layers=None, metric=Metric.AMPLE, neurons=None, passing=Passing.NONE,
        passing_tests=None, max_delta=None, ridge=None, max_rows=1000,
        solving=Solving(backend="chain", seconds=60.0), scales=True, room=Room(), time_limit=None,
    )  # fmt: skip


PATHS = ("float.tflite", "some/where/int8.tflite", "out/repaired.tflite")
