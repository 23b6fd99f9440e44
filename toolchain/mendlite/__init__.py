"""mendlite repairs an int8 ``.tflite`` in place, before it is flashed.

>>> import mendlite
>>> result = mendlite.repair(**mendlite.load_target("digits"), strategy="bias")
>>> result.report.headline[:10]
'repaired: '

docs/API.md lists what is public. Importing this is cheap: a name's module is imported with its use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mendlite import moves
    from mendlite.api.advice import advise
    from mendlite.api.certification import certify
    from mendlite.api.checking import check
    from mendlite.api.datasets import Dataset
    from mendlite.api.evaluation import analyze, validate
    from mendlite.api.patching import apply, diff, revert
    from mendlite.api.repair import RepairResult, repair
    from mendlite.api.targets import LoadedTarget, load_target
    from mendlite.case.gate import Gate
    from mendlite.case.recipe import Preprocessing, TaskSettings
    from mendlite.checker.verify import Findings
    from mendlite.errors import (
        BadInputError,
        ClaimError,
        DiffersError,
        MendliteError,
        NotSureError,
        UnsupportedModelError,
    )
    from mendlite.model.advice import Advice
    from mendlite.model.analysis import Analysis
    from mendlite.model.delta import Delta
    from mendlite.model.report import Report
    from mendlite.model.scores import Validation
    from mendlite.model.verification import Verification

__version__ = "0.1.0"

_HOME = {
    "Advice": "model.advice",
    "Analysis": "model.analysis",
    "BadInputError": "errors",
    "ClaimError": "errors",
    "Dataset": "api.datasets",
    "Delta": "model.delta",
    "DiffersError": "errors",
    "Findings": "checker.verify",
    "Gate": "case.gate",
    "LoadedTarget": "api.targets",
    "MendliteError": "errors",
    "NotSureError": "errors",
    "Preprocessing": "case.recipe",
    "RepairResult": "api.repair",
    "Report": "model.report",
    "TaskSettings": "case.recipe",
    "UnsupportedModelError": "errors",
    "Validation": "model.report",
    "Verification": "model.verification",
    "advise": "api.advice",
    "analyze": "api.evaluation",
    "apply": "api.patching",
    "certify": "api.certification",
    "check": "api.checking",
    "diff": "api.patching",
    "load_target": "api.targets",
    "repair": "api.repair",
    "revert": "api.patching",
    "validate": "api.evaluation",
}
"""Where each public name is defined."""

# Two rooms have a function's name: loaded once, later imports leave the name to the function.
for _room in ("certify", "repair"):
    import_module(f"mendlite.{_room}")
    del globals()[_room]

__all__ = [
    "Advice",
    "Analysis",
    "BadInputError",
    "ClaimError",
    "Dataset",
    "Delta",
    "DiffersError",
    "Findings",
    "Gate",
    "LoadedTarget",
    "MendliteError",
    "NotSureError",
    "Preprocessing",
    "RepairResult",
    "Report",
    "TaskSettings",
    "UnsupportedModelError",
    "Validation",
    "Verification",
    "advise",
    "analyze",
    "apply",
    "certify",
    "check",
    "diff",
    "load_target",
    "moves",
    "repair",
    "revert",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used."""
    if name == "moves":
        return import_module("mendlite.moves")
    if name not in _HOME:
        raise AttributeError(f"module 'mendlite' has no attribute '{name}'")
    value = getattr(import_module(f"mendlite.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted([*__all__, "__version__"])
