"""Our own kernels: batched, and bit-identical to TFLite's reference kernels on int8."""
