"""The files of an advice: what each holds."""

from __future__ import annotations

from mendlite.emit.litert_recipe import recipe_file
from mendlite.model.advice import Advice
from mendlite.report.advice import advice_csv
from mendlite.report.advice_picture import PICTURE, advice_png, picture_lacks
from mendlite.report.json_report import to_json

ADVICE, TABLE, RECIPE = "advice.json", "advice.csv", "recipe.json"
FORMS = {ADVICE: "report", TABLE: "table", RECIPE: "recipe", PICTURE: "picture"}
"""The files of an advice, by their forms."""


def advice_files(advice: Advice) -> dict[str, bytes]:
    """What is written, by file name; no picture where ``picture_lacks`` has a reason."""
    files = {
        ADVICE: to_json(advice),
        TABLE: advice_csv(advice),
        RECIPE: recipe_file(advice.recipe),
    }
    if not picture_lacks():
        files[PICTURE] = advice_png(advice)
    return files
