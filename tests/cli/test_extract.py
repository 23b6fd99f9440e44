"""C source handed in as a model: named, and its array taken out by ``mendlite extract``."""

import re

import pytest

from main_in_process import run_main as run
from mendlite.emit.c_array import c_source
from mendlite.errors import BadInputError
from mendlite.tflite.c_source import extract_model
from tiny_models import build, conv_spec, dense_spec

MODEL = build(dense_spec())
OTHER = build(conv_spec())


def body(data, form="0x{:02x}"):
    return ", ".join(form.format(byte) for byte in data)


def octal(data):
    return ", ".join(f"0{byte:o}" for byte in data)


SOURCES = {
    "xxd": f"unsigned char m[] = {{\n  {body(MODEL)}\n}};\nunsigned int m_len = {len(MODEL)};\n",
    "decimals": f"const uint8_t m[{len(MODEL)}] = {{{body(MODEL, '{:d}')},}};",
    "octal and suffixes": f"const unsigned char m[] = {{{octal(MODEL)}}};",
    "signed": "const int8_t m[] = {" + ", ".join(str(b - 256 if b > 127 else b) for b in MODEL) + "};",
    "attributes": f"alignas(16) const unsigned char m[] __attribute__((aligned(16))) = {{{body(MODEL)}}};",
    "a macro for the length": f"const unsigned char DATA_ALIGN m[MODEL_LEN] = {{{body(MODEL)}}};",
    "no equals sign": f"constexpr unsigned char m[] {{{body(MODEL, '{:#X}').replace('0X', '0x')}}};",
    "comments": f'/* a[] = {{1}}; */ // b[] = {{\nconst char *s = "/*"; unsigned char m[] = {{ // {{\n{body(MODEL)} /* end */}};',
    "a namespace": f"namespace n {{ extern const unsigned char m[] = {{{body(MODEL)}}}; }}",
    "beside other arrays": f"int t[] = {{1, 2, 3}}; char m[] = {{{body(MODEL)}}}; float f[] = {{1.5f}};",
    "numbers alone": body(MODEL),
    "std::array": f"constexpr std::array<std::uint8_t, {len(MODEL)}> m = {{{{{body(MODEL, '0x{:02X}U')}}}}};",
    "the same array twice": f"#if A\nchar m[] = {{{body(MODEL)}}};\n#else\nint m[] = {{{body(MODEL)}}};\n#endif",
}  # fmt: skip


@pytest.mark.parametrize("what", SOURCES)
def test_the_array_is_the_model(what):
    assert extract_model(SOURCES[what].encode()).data == MODEL


def test_what_emit_writes_is_read_back():
    assert extract_model(c_source("g_model", MODEL, "g_model.h")).data == MODEL


def test_what_is_left_of_a_longer_array_is_zero():
    source = f"char m[{len(MODEL) + 8}] = {{{body(MODEL)}}};"
    assert extract_model(source.encode()).data == MODEL + bytes(8)


def test_of_two_models_one_is_chosen():
    source = f"char a[] = {{{body(MODEL)}}}; char b[] = {{{body(OTHER)}}};".encode()
    with pytest.raises(BadInputError, match="2 arrays hold a .tflite: a, b; choose one"):
        extract_model(source)
    assert extract_model(source, "b").data == OTHER


BAD = {
    "nothing": (b"", "element|no array"),
    "no array": (b"int main(void) { return 0; }", "element 0 is not a number"),
    "another array": (b"int t[] = {1, 2};", "no array holds a .tflite; there are: t"),
    "a word in the middle": (SOURCES["xxd"].replace("0x54", "T", 1).encode(), "no array holds|not a number"),
    "a word at the end": (f"char m[] = {{{body(MODEL)}, END}};".encode(), "array m: element .* is not a number"),
    "a number over a byte": (f"char m[] = {{{body(MODEL)}, 0x100}};".encode(), "is 256, not a byte"),
    "an include": (f'char m[] = {{{body(MODEL)},\n#include "rest.inc"\n}};'.encode(), "is not a number"),
    "a length that is another": (SOURCES["xxd"].replace("m_len = ", "m_len = 1").encode(), "cut or edited"),
    "more elements than its size": (f"char m[9] = {{{body(MODEL)}}};".encode(), "for a size of 9"),
    "a huge size": (f"char m[99999999999] = {{{body(MODEL)}}};".encode(), "for a size of 99999999999"),
    "an endless number": (f"char m[] = {{{body(MODEL)}, {'9' * 190}}};".encode(), "is not a number"),
    "only a declaration": (b"extern const unsigned char m[];\n", "holds no C array of bytes"),
    "a cast in each element": (f"char m[] = {{{body(MODEL, '(char)0x{:02x}')}}};".encode(), "array m: element 0 is not a number.* casts"),
    "two definitions under #if": (
        f"#if OLD\nchar m[] = {{{body(OTHER)}}};\n#else\nchar m[] = {{{body(MODEL)}}};\n#endif".encode(),
        "array m is defined 2 times with other bytes",
    ),
    "bytes": (bytes(400), "no C source"),
    "a truncated model": (f"char m[] = {{{body(MODEL[:200])}}};".encode(), "outside the file"),
    "an array that does not end": (f"char m[] = {{{body(MODEL)}".encode(), "element 0 is not a number"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_other_sources_are_refused_in_one_line(what, tmp_path, monkeypatch, capsys):
    source, message = BAD[what]
    (tmp_path / "model.cc").write_bytes(source)
    out = tmp_path / "model.tflite"
    code, stdout, stderr = run(monkeypatch, capsys, "extract", tmp_path / "model.cc", out)
    assert code == 2
    assert stdout == ""
    assert stderr.count("\n") == 1
    assert "model.cc: " in stderr
    assert re.search(message, stderr)
    assert not out.exists()


def test_a_model_in_c_says_so_and_is_taken_out(tmp_path, monkeypatch, capsys):
    source, out = tmp_path / "model_data.cc", tmp_path / "model.tflite"
    source.write_text(SOURCES["xxd"])
    code, _, stderr = run(monkeypatch, capsys, "diff", source, source)
    assert code == 2
    assert "it is C source; extract the model from it: mendlite extract" in stderr
    code, stdout, _ = run(monkeypatch, capsys, "extract", source, out)
    assert code == 0
    assert f"{len(MODEL)} bytes of array m, 2 operators" in stdout
    assert out.read_bytes() == MODEL


def test_an_array_that_is_not_there_and_another_suffix(tmp_path, monkeypatch, capsys):
    (tmp_path / "m.h").write_text(SOURCES["xxd"])
    code, _, stderr = run(
        monkeypatch, capsys, "extract", tmp_path / "m.h", tmp_path / "m.tflite", "--array", "x"
    )
    assert code == 2
    assert "no array x; there are: m" in stderr
    code, _, stderr = run(monkeypatch, capsys, "extract", tmp_path / "m.h", tmp_path / "m.bin")
    assert code == 2
    assert "written as a .tflite" in stderr
