"""Fixed point and the kernels of TFLite in exact integers; numpy only."""
