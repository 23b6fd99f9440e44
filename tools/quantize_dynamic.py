"""Quantize a float file's weights by litert-quantizer, a scale a channel; activations stay float.

Needs litert-quantizer (tools/litert.sh): ``quantize_dynamic.py FLOAT BITS OUT``.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """As the module says."""
    from litert_quantizer import quantizer
    from litert_quantizer.qtyping import QuantGranularity, TFLOperationName

    source, bits, out = sys.argv[1:]
    job = quantizer.Quantizer(bytearray(Path(source).read_bytes()))
    dense, channel = TFLOperationName.FULLY_CONNECTED, QuantGranularity.CHANNELWISE
    job.add_dynamic_config(".*", dense, int(bits), channel)
    Path(out).write_bytes(bytes(job.quantize().quantized_model))


if __name__ == "__main__":
    main()
