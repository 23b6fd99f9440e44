"""Options and settings of the repairs that are certified here."""

from mendlite.repair.settings import Settings
from mendlite.targets.open import CaseOptions


def options(**changes):
    return CaseOptions(**changes)


def settings(strategy):
    return Settings.of(strategy)


PATHS = ("float.tflite", "some/where/int8.tflite", "out/repaired.tflite")
