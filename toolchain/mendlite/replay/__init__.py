"""Run models: our reference kernels, the TFLite interpreter, TFLite Micro."""
