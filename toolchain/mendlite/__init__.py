"""mendlite repairs an int8 ``.tflite`` in place, before it is flashed."""

__version__ = "0.1.0"
