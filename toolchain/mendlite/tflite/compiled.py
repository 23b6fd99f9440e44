"""Operators that stand for a whole graph, compiled for an accelerator."""

from __future__ import annotations

COMPILED = {
    "CUSTOM:ethos-u": "it was compiled by Vela for an Ethos-U; repair the file before Vela",
    "CUSTOM:edgetpu-custom-op": "it was compiled for an Edge TPU; repair the file before that",
}
"""The message for a file that has one."""
