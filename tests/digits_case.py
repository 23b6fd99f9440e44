"""The embedded target as tests repair it."""

from mendlite.targets.open import CaseOptions

OPTIONS = CaseOptions()
PATHS = ("float", "int8", "repaired")
