"""Ctrl-C on a command that repairs; its log."""

import json
import os
import signal
import subprocess
import sys

from as_a_user import ROOT, mendlite
from waiting import HANG


def test_ctrl_c_keeps_what_was_accepted_and_logs_it(tmp_path):
    out, log = tmp_path / "out", tmp_path / "logs" / "log.txt"
    process = subprocess.Popen(
        [sys.executable, "-m", "mendlite", "repair", "digits", "--out", out, "--log", log],
        env=os.environ | {"MENDLITE_DATA": "", "PYTHONPATH": str(ROOT / "toolchain")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("step") and ": accepted: " in line:
            break
    process.send_signal(signal.SIGINT)
    text, errors = process.communicate(timeout=HANG)
    assert process.returncode == 0, errors
    assert "stopping: the step at work is rejected" in errors
    assert text.startswith("repaired, stopped by Ctrl-C after step ")
    report = json.loads((out / "report.json").read_text())
    assert report["interrupted"]
    assert report["headline"] == text.splitlines()[0]
    assert "check: " not in mendlite("check", out / "certificate.json").stderr
    lines = log.read_text().splitlines()
    assert "mendlite repair digits --out" in lines[0]
    assert any("stopping: " in line for line in lines)
    assert any(report["headline"] in line for line in lines)
    assert all(line[:4].isdigit() and "T" in line[:11] for line in lines)


def test_a_log_grows_and_ends_with_the_error(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    done = mendlite("repair", "digits", "--layers", "zzz", "--log", log, "-q", ok=2)
    first, *_, last = log.read_text().splitlines()
    assert first == "before"
    assert "error: no layer is called 'zzz'" in last
    assert done.stdout == ""
    link = tmp_path / "link"
    link.symlink_to(log)
    assert "link" in mendlite("repair", "digits", "--log", link, ok=2).stderr


def test_quiet_prints_the_verdict_alone_and_no_color_no_escapes(tmp_path):
    done = mendlite(
        "repair", "digits", "--strategy", "bias", "-q", "--out", tmp_path, FORCE_COLOR="1"
    )
    assert done.stderr == ""
    assert done.stdout.startswith("\x1b[1;32mrepaired: ")
    plain = mendlite(
        "repair", "digits", "--strategy", "bias", "--no-color", "--out", tmp_path, FORCE_COLOR="1"
    )
    assert "\x1b" not in plain.stdout + plain.stderr
    assert "next:\n  mendlite validate digits --model " in plain.stdout
