"""Bad input of every kind: the exit code, one line, and nothing left behind."""

import pytest
from test_commands import DIGITS, mendlite

from tiny_models import build, dense_spec, float_twin

BAD = {
    "an unknown target": (["repair", "nope"], "no target is called 'nope'"),
    "no data": (["repair", "mlperf_ic"], "set MENDLITE_DATA"),
    "an unknown layer": (["repair", "digits", "--layers", "zzz"], "no layer is called 'zzz'"),
    "no command": (["mend"], "No such command"),
    "a missing argument": (["repair"], "name a target, or model files: mendlite repair float"),
    "a missing argument of another": (["diff"], "Missing argument"),
    "a mistyped command": (["repiar"], "did you mean 'repair'?"),
    "a mistyped target": (["repair", "digts"], "did you mean 'digits'?"),
    "a mistyped option": (["repair", "digits", "--stratgy", "bias"], "--strategy"),
    "a mistyped strategy": (["repair", "digits", "--strategy", "baas"], "did you mean 'bias'?"),
    "a mistyped board": (["validate", "digits", "--board", "nrf52480"], "did you mean 'nrf52840'?"),
    "a wrong option": (["repair", "digits", "--seed", "x"], "not a valid integer"),
    "a missing file": (["diff", "a.tflite", "b.tflite"], "a.tflite: No such file"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_exit_code_2(what, tmp_path):
    arguments, message = BAD[what]
    failed = mendlite(*arguments, cwd=tmp_path, ok=2)
    assert message in failed.stderr
    assert list(tmp_path.iterdir()) == []


def broken_target(folder, name, data):
    for path in DIGITS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / name).write_bytes(data)
    return folder / "target.toml"


def with_scale(value):
    """The digits' int8 file with another scale of its first layer's weights."""
    import struct

    from mendlite.tflite.reader import read_file

    model = read_file(DIGITS / "int8.tflite")
    data = bytearray(model.data)
    quant = model.tensors[model.layers[0].weights].quantization()
    struct.pack_into("<f", data, quant.scale_offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("int8.tflite", with_scale(0.0), "scale 0 is 0.0; it must be positive"),
        ("int8.tflite", with_scale(float("nan")), "scale 0 is nan"),
        ("int8.tflite", b"", "not a .tflite"),
        ("int8.tflite", (DIGITS / "int8.tflite").read_bytes()[:3000], "outside the file"),
        ("int8.tflite", (DIGITS / "float.tflite").read_bytes(), "not a quantized model"),
        ("float.tflite", build(float_twin(dense_spec())), "not the same network"),
        ("digits.npz", b"x", "not a readable .npz"),
        ("target.toml", b"name = 3", "targets/README.md explains"),
    ],
)
def test_broken_files_leave_nothing_behind(tmp_path, name, data, message):
    folder = tmp_path / "target"
    folder.mkdir()
    failed = mendlite("repair", broken_target(folder, name, data), "--out", tmp_path / "o", ok=2)
    assert message in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    failed = mendlite("repair", "digits", "--strategy", "bias", "--out", tmp_path / "file", ok=1)
    assert "cannot make the folder" in failed.stderr


def test_internal_errors_are_one_line_too(monkeypatch, capsys):
    from mendlite import cli

    def explode(*_args, **_options):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(cli.root, "main", explode)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "ZeroDivisionError: oh; MENDLITE_DEBUG=1" in text
