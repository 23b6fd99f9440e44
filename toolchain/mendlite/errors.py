"""The errors a user may meet, each with the exit code that the command ends with."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import ClassVar


@unique
class ExitCode(IntEnum):
    """Exit codes of the ``mendlite`` command."""

    DONE = 0
    """The command did what was requested."""
    FAILURE = 1
    """Something went wrong that is neither the user's input nor one of the codes below."""
    BAD_INPUT = 2
    """Usage, a broken file, a wrong pair, missing data."""
    NOTHING_REPAIRED = 3
    """Nothing to repair could be solved, or held-out samples get worse and the base is kept."""
    GATE_FAILED = 4
    """The validation result breaks the target's limits."""
    DEVICE = 5
    """The board did not respond, or responded wrongly."""
    DIFFERS = 6
    """The bytes of a device or of another interpreter differ from those of our kernels."""
    NOT_VERIFIED = 7
    """Nothing was found false, but not everything that was claimed could be checked."""
    INTERRUPTED = 130
    """Ctrl-C ended the command, and nothing was written (128 + SIGINT, as shells have it)."""


class MendliteError(Exception):
    """An error with one line for the user: what, where and what to do."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE


class BadInputError(MendliteError):
    """The user's file, configuration or data cannot be used as it is."""

    exit_code = ExitCode.BAD_INPUT


class NotSureError(BadInputError):
    """The models and the samples can be read in more than one way, or contradict each other.

    The message states what was seen, and names the parameter that decides it.
    """


class MalformedModelError(BadInputError):
    """A ``.tflite`` that breaks its own format; the message names the place."""


class UnsupportedModelError(BadInputError):
    """A valid ``.tflite`` that mendlite cannot run or repair; the message has the reason."""


class UndefinedResultError(UnsupportedModelError):
    """An operator whose result TFLite does not define: what a runtime computes is not repeated."""


class MissingPackageError(BadInputError):
    """A package that is needed is not installed; the message states how to get it."""


class BrokenPackageError(BadInputError):
    """A package that is needed is installed and cannot be imported, or cannot run here."""


class ClaimError(MendliteError):
    """A repair's claim does not hold in exact integers. Nothing is written."""


class NothingRepairedError(MendliteError):
    """No problem of the repair could be solved, or its result is worse than the base file."""

    exit_code = ExitCode.NOTHING_REPAIRED


class StoppedError(MendliteError):
    """Ctrl-C ended a repair before any step was accepted: there is nothing to write."""

    exit_code = ExitCode.INTERRUPTED


class ClusterError(MendliteError):
    """The workers of a cluster did not return what was computed. Nothing is written."""


class DeviceError(MendliteError):
    """The board, or the tool that flashes it, did not do what was requested."""

    exit_code = ExitCode.DEVICE


class DiffersError(MendliteError):
    """The bytes of a device or another interpreter differ where they must be equal."""

    exit_code = ExitCode.DIFFERS


class GateError(MendliteError):
    """The repaired model breaks a limit of the target's gate."""

    exit_code = ExitCode.GATE_FAILED


class NotVerifiedError(MendliteError):
    """A claim was neither confirmed nor found false: some of what it needs could not be checked."""

    exit_code = ExitCode.NOT_VERIFIED
