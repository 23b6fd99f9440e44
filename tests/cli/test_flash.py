"""`mendlite emit` and `mendlite flash` as a user runs them."""

import json
import os
import stat
import struct

import pytest
from test_commands import DIGITS, mendlite

from mendlite.tflite.reader import read

AT_A_PORT = """
name = "at-a-port"
description = "A board whose tool is told the port"
address = 0x00200000
page_size = 4096
flash = ["esptool", "--port", "{port}", "write-flash", "{address}", "{bin}"]
flash_from = "pip install esptool"
"""


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    path = tmp_path_factory.mktemp("emit") / "repaired.tflite"
    path.write_bytes(repaired_bytes())
    return path


def repaired_bytes():
    """The digits file with one weight changed."""
    model = read((DIGITS / "int8.tflite").read_bytes())
    data = bytearray(model.data)
    data[model.tensors[model.layers[0].weights].buffer.offset] ^= 1
    return bytes(data)


def test_emit_writes_what_the_board_takes(repaired, tmp_path):
    text = mendlite("emit", "digits", "--model", repaired, "--board", "rp2040", "--out", tmp_path)
    assert "1 bytes in 1 ranges, 1 flash pages of 4096 on rp2040" in text.stdout
    names = {path.name for path in tmp_path.iterdir()}
    stem = "g_model"
    assert names == {
        "manifest.json",
        *(f"{stem}.{e}" for e in ("cc", "h", "bin", "hex", "uf2", "patch")),
    }
    assert (tmp_path / "g_model.bin").read_bytes() == repaired.read_bytes()
    assert set(json.loads((tmp_path / "manifest.json").read_text())["files"]) == names - {
        "manifest.json"
    }


def test_emit_puts_the_model_into_a_firmware(repaired, tmp_path):
    image = tmp_path / "firmware_before.bin"
    image.write_bytes(b"head" + (DIGITS / "int8.tflite").read_bytes() + b"tail")
    mendlite("emit", "digits", "--model", repaired, "--formats", "bin", "--firmware", image,
             "--out", tmp_path)  # fmt: skip
    assert (tmp_path / "firmware.bin").read_bytes() == b"head" + repaired.read_bytes() + b"tail"


def test_emit_refuses_what_it_cannot_do(repaired, tmp_path):
    def failed(*arguments):
        return mendlite("emit", "digits", *arguments, "--out", tmp_path, ok=2).stderr

    assert "run 'mendlite repair digits' first" in failed("--model", tmp_path / "none.tflite")
    assert "no UF2 is written" in failed("--model", repaired, "--formats", "uf2")
    assert "no format is called 'elf'" in failed("--model", repaired, "--formats", "elf")
    short = tmp_path / "short.tflite"
    short.write_bytes(b"TFL3")
    assert f"{short}: " in failed("--model", short)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["short.tflite"]


def test_emit_takes_only_a_repair_of_the_target(tmp_path):
    """Random bytes of the right length, another weightless byte, a file with a negative scale."""
    base = (DIGITS / "int8.tflite").read_bytes()
    model = read(base)
    scale = model.tensors[model.layers[0].weights].quant.scale_offset
    wrong = {
        "garbage": bytes(reversed(base)),
        "no value of a constant": base[:-100] + bytes([base[-100] ^ 1]) + base[-99:],
        "negative": base[:scale] + struct.pack("<f", -1) + base[scale + 4 :],
    }
    for name, data in wrong.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(data)
        for command in ("emit", "flash"):
            call = (
                command,
                "digits",
                "--model",
                path,
                "--board",
                "rp2040",
                "--out",
                tmp_path / "x",
            )
            assert str(path) in mendlite(*call, ok=2).stderr
    assert not (tmp_path / "x").exists()


def test_emit_refuses_a_file_that_its_certificate_is_not_of(tmp_path):
    out = tmp_path / "results"
    mendlite("repair", "digits", "--strategy", "bias", "--out", out)
    call = (
        "emit",
        "digits",
        "--model",
        out / "repaired.tflite",
        "--formats",
        "bin",
        "--out",
        tmp_path,
    )
    mendlite(*call)
    (out / "repaired.tflite").write_bytes(repaired_bytes())
    assert "certifies another repaired file" in mendlite(*call, ok=2).stderr
    (out / "certificate.json").write_text("{}")
    assert "cannot be read" in mendlite(*call, ok=2).stderr


def test_flash_runs_the_boards_own_tool(repaired, tmp_path, monkeypatch):
    shown = mendlite("flash", "digits", "--model", repaired, "--board", "rp2040", "--out", tmp_path,
                     "--dry-run")  # fmt: skip
    assert shown.stdout.split() == ["picotool", "load", str(tmp_path / "g_model.uf2")]
    at_port = tmp_path / "at_port.toml"
    at_port.write_text(AT_A_PORT)
    failed = mendlite("flash", "digits", "--model", repaired, "--board", at_port, ok=2)
    assert "set it with --port" in failed.stderr
    tools = tmp_path / "tools"
    tools.mkdir()
    picotool = tools / "picotool"
    picotool.write_text(f'#!/bin/sh\ncp "$2" {tmp_path}/flashed && exit $STATUS\n')
    picotool.chmod(picotool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    call = ("flash", "digits", "--model", repaired, "--board", "rp2040", "--out", tmp_path)
    monkeypatch.setenv("STATUS", "0")
    assert "is on rp2040, at 0x10100000" in mendlite(*call).stdout
    assert (tmp_path / "flashed").read_bytes() == (tmp_path / "g_model.uf2").read_bytes()
    monkeypatch.setenv("STATUS", "3")
    assert "picotool ended with status 3" in mendlite(*call, ok=5).stderr


def test_a_missing_tool_says_where_to_get_it(repaired, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    failed = mendlite("flash", "digits", "--model", repaired, "--out", tmp_path, ok=5)
    assert "flashed by pyocd, which is not installed: pip install pyocd" in failed.stderr
    assert not list(tmp_path.iterdir())


def test_boards_are_listed():
    assert "rp2040" in mendlite("boards").stdout


@pytest.mark.parametrize("name", ["g_model.cc", "g_model.bin", "g_model.hex", "manifest.json"])
def test_emit_replaces_no_file_that_it_did_not_write(repaired, tmp_path, name):
    (tmp_path / name).write_bytes(b":00000001FF my own")
    text = mendlite("emit", "digits", "--model", repaired, "--out", tmp_path, ok=2).stderr
    assert name in text
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b":00000001FF my own"


def test_emit_replaces_no_firmware_of_its_user(repaired, tmp_path):
    image = tmp_path / "firmware.bin"
    image.write_bytes(b"head" + (DIGITS / "int8.tflite").read_bytes() + b"tail")
    before = image.read_bytes()
    text = mendlite("emit", "digits", "--model", repaired, "--firmware", image,
                    "--out", tmp_path, ok=2).stderr  # fmt: skip
    assert "firmware.bin is there and is not as this command wrote it" in text
    assert image.read_bytes() == before


@pytest.mark.parametrize("formats", ["bin,delta", "bin,hex,manifest"])
def test_emit_replaces_what_it_wrote_unless_it_was_edited(repaired, tmp_path, formats):
    arguments = ("emit", "digits", "--formats", formats, "--out", tmp_path, "--model")
    other = tmp_path / "int8.tflite"
    other.write_bytes((DIGITS / "int8.tflite").read_bytes())
    for model in (repaired, other, repaired):
        mendlite(*arguments, model)
        assert (tmp_path / "g_model.bin").read_bytes() == model.read_bytes()
    (tmp_path / "g_model.bin").write_bytes(b"edited")
    assert "g_model.bin" in mendlite(*arguments, other, ok=2).stderr


def test_emit_refuses_names_that_no_file_or_compiler_takes(repaired, tmp_path):
    def failed(*arguments):
        return mendlite("emit", "digits", "--model", repaired, *arguments, "--out", tmp_path / "o",
                        ok=2).stderr  # fmt: skip

    image = tmp_path / "image.bin"
    image.write_bytes((DIGITS / "int8.tflite").read_bytes())
    assert "both be firmware.bin" in failed("--name", "firmware", "--firmware", image)
    assert "no effect without --firmware" in failed("--offset", 5)
    assert "'int' is a keyword" in failed("--name", "int")
    assert "--formats names none" in failed("--formats", ",")
    assert not (tmp_path / "o").exists()


def test_validate_names_a_damaged_delta(repaired, tmp_path):
    folder = tmp_path / "build" / "digits"
    folder.mkdir(parents=True)
    (folder / "repaired.tflite").write_bytes(repaired.read_bytes())
    (folder / "delta.json").write_text("{} junk")
    text = mendlite("validate", "digits", cwd=tmp_path, ok=2).stderr
    assert "build/digits/delta.json: the delta cannot be read" in text
