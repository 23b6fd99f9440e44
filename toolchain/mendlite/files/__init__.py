"""Write files so that a killed run leaves no half file and no mixed set."""

from mendlite.files.emitted import write_emitted
from mendlite.files.folders import hold_folder, make_folder, require_writable
from mendlite.files.log import appended
from mendlite.files.result_set import UNFINISHED, require_ours, require_whole, write_set
from mendlite.files.writing import write_file, write_together

__all__ = [
    "UNFINISHED",
    "appended",
    "hold_folder",
    "make_folder",
    "require_ours",
    "require_whole",
    "require_writable",
    "write_emitted",
    "write_file",
    "write_set",
    "write_together",
]
