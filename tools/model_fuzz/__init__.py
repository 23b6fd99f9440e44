"""Structure-aware mutants of .tflite files, and everything that a file goes through."""
