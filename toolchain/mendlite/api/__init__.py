"""The Python API: values in, values out. ``mendlite`` itself offers its names; docs/API.md."""
