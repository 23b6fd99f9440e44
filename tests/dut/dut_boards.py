"""What the benchmarks take and give."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLCHAIN = ROOT / "toolchain"
INPUTS = {"ic01": 3072, "kws01": 490, "vww01": 27648, "ad01": 640}
OUTPUTS = {"ic01": 10, "kws01": 12, "vww01": 2, "ad01": 640}
