"""What no other door has put into words still ends in one line and a documented exit code."""

import errno
import os
import sys
import warnings

import numpy as np
import pytest

from mendlite import cli


def ended(monkeypatch, capsys, action):
    monkeypatch.delenv("MENDLITE_DEBUG", raising=False)
    monkeypatch.setattr(cli.root, "main", lambda **_options: action())
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return stop.value.code, said


def raising(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh; MENDLITE_DEBUG=1 shows where"),
        (RuntimeError("two\nlines\x1b[2J"), "RuntimeError: two lines\\x1b[2J"),
        (MemoryError(), "out of memory; use fewer samples"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "here.bin"), "here.bin: No space left"),
        (KeyError("\ud800"), "KeyError"),
    ],
)
def test_an_unforeseen_error_is_one_line(monkeypatch, capsys, error, words):
    code, said = ended(monkeypatch, capsys, raising(error))
    assert code == 1
    assert words in said
    assert "internal error" not in said
    assert "Traceback" not in said


def test_debugging_shows_the_place(monkeypatch):
    monkeypatch.setenv("MENDLITE_DEBUG", "1")
    monkeypatch.setattr(cli.root, "main", lambda **_options: raising(ZeroDivisionError("oh"))())
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_no_warning_of_a_library_reaches_a_user(monkeypatch, capsys):
    def action():
        np.float32(3e38) * np.float32(3e38)
        warnings.warn("for developers", RuntimeWarning, stacklevel=1)

    with warnings.catch_warnings():
        monkeypatch.delenv("MENDLITE_DEBUG", raising=False)
        monkeypatch.setattr(sys, "warnoptions", [])
        monkeypatch.setattr(cli.root, "main", lambda **_options: action())
        cli.main()
    assert capsys.readouterr() == ("", "")
