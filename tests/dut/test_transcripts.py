"""Recorded talks between a runner and a board, word for word, against the firmware on this PC."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from dut_client import READY

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@dataclass
class Turn:
    """A command, how often it is given, and patterns of the lines that answer it each time."""

    command: str | None = None
    times: int = 1
    reply: list = field(default_factory=list)


def read_transcript(text):
    """The model's name, and the turns; the first has no command: it is the greeting."""
    turns = [Turn()]
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "<":
            turns[-1].reply.append(re.escape(rest))
        elif mark == "<~":
            turns[-1].reply.append(rest)
        elif mark.startswith(">"):
            turns.append(Turn(rest, int(mark[2:] or 1)))
        else:
            assert mark == "#", line
    return re.search(r"^# model: (.+)$", text, re.MULTILINE)[1], turns


def matches(lines, patterns):
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_firmware_keeps_to_the_transcript(path, switch_on, small_models):
    model, (greeting, *turns) = read_transcript(path.read_text())
    board = switch_on(small_models.get(model))
    assert matches(board.greeting(), greeting.reply)
    for turn in turns:
        for _ in range(turn.times):
            lines = board.command(turn.command)
            assert matches(lines, turn.reply), (turn.command, lines, turn.reply)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_reply_of_a_transcript_ends_ready(path):
    _model, turns = read_transcript(path.read_text())
    assert all(turn.reply[-1] == re.escape(READY) for turn in turns)
    assert all(len(turn.command or "") <= 80 for turn in turns)
