"""``python -m mendlite``."""

from mendlite.cli import main

main()
