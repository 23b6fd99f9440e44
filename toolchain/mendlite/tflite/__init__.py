"""The ``.tflite`` file: bytes in, values out, and edits back into the same bytes."""
