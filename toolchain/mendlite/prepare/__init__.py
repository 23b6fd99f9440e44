"""What each operator gives, inferred as by TFLite's Prepare, compared with what the file says."""
