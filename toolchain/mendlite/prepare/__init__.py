"""Each operator's output, inferred as by TFLite's Prepare, and compared with the file."""
