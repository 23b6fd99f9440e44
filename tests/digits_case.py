"""The embedded target as tests repair it."""

from mendlite.repair.facts import Facts
from mendlite.repair.settings import Settings
from mendlite.targets.open import CaseOptions

OPTIONS = CaseOptions()
PATHS = ("float", "int8", "repaired")


def facts_of(case, **scope):
    """The facts of a case's own file, with these settings."""
    options = Settings.of(**scope).options
    return Facts(case=case, model=case.quantized, layers=(), options=options)
