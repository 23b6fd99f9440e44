"""One mutant through all stages: where it was refused, and what went wrong."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import process_time

from mendlite.checker.graph import read_graph
from mendlite.errors import MendliteError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from model_fuzz.dice import Dice
from model_fuzz.limits import MOST_SECONDS, TooLongError, time_limit
from model_fuzz.stages import STAGES, Stage, run_reader
from model_fuzz.subject import DifferenceError, Subject


@dataclass(frozen=True)
class Fault:
    """What must not happen: ``kind`` is exception, time, memory or difference.

    ``bucket`` names the place, so that one cause is counted once.
    """

    kind: str
    bucket: str
    message: str


@dataclass
class Outcome:
    """``refused`` maps a stage to the error class; ``faults`` should be empty."""

    accepted: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def place_of(error: BaseException) -> str:
    """File, line and function in mendlite (or the fuzzer) where an exception arose."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/mendlite/" in f.filename] or frames
    last = ours[-1]
    name = last.filename.rsplit("/mendlite/", 1)[-1]
    return f"{Path(name).name if name.startswith('/') else name}:{last.lineno} {last.name}"


def _fault(stage: str, error: BaseException) -> Fault:
    message = " ".join(str(error).split())[:200]
    if isinstance(error, DifferenceError):
        # Numbers differ from mutant to mutant, the cause does not.
        general = re.sub(r"\b[0-9]+\b", "N", message)
        return Fault("difference", f"{stage}|{general}", message)
    kind = {"MemoryError": "memory", "_ArrayMemoryError": "memory", "TooLongError": "time"}.get(
        type(error).__name__, "exception"
    )
    return Fault(kind, f"{stage}|{type(error).__name__} {place_of(error)}", message)


def attempt(
    data: bytes,
    base: Model,
    dice: Dice,
    stages: Mapping[str, Stage] = STAGES,
    profile: Profile | None = None,
) -> Outcome:
    """Run the stages under their limits; without a ``profile`` the dice pick one."""
    subject = Subject(data, base, dice, profile or dice.pick(list(Profile)))
    outcome = Outcome()
    _stage(outcome, "read", lambda: run_reader(subject))
    outcome.accepted = subject.model is not None
    if not outcome.accepted:
        _stage(outcome, "checker", lambda: read_graph(data))
    for name, run in stages.items() if outcome.accepted else ():
        _stage(outcome, name, partial(run, subject))
    return outcome


def _stage(outcome: Outcome, name: str, run: Callable[[], object]) -> None:
    start = process_time()
    try:
        with time_limit():
            run()
    except MendliteError as error:
        outcome.refused[name] = type(error).__name__
        if "\n" in str(error) or not str(error):
            outcome.faults.append(Fault("exception", f"{name}|words", repr(str(error))[:200]))
    except (TooLongError, Exception) as error:  # noqa: BLE001 - this is what is looked for
        outcome.faults.append(_fault(name, error))
    seconds = process_time() - start
    if seconds > MOST_SECONDS and not any(f.kind == "time" for f in outcome.faults):
        outcome.faults.append(Fault("time", f"{name}|slow", f"{seconds:.1f} s"))
