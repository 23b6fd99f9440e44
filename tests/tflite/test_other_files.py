"""Files of other formats that are handed in as a model: each is named, none is quoted."""

import gzip
import io
import re
import time
import zipfile

import numpy as np
import pytest

from mendlite.errors import BadInputError, MalformedModelError
from mendlite.tflite.c_source import extract_model
from mendlite.tflite.other_files import describe
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec

MODEL = build(dense_spec())
HEX = ", ".join(f"0x{byte:02x}" for byte in MODEL).encode()


def archive(**members):
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "."), data)
    return found.getvalue()


def array(save):
    found = io.BytesIO()
    save(found, np.zeros(3))
    return found.getvalue()


FILES = {
    "nothing": (b"", "the file is empty"),
    "zeros": (bytes(5000), "begin with zeros alone"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git lfs pull"),
    "a git-annex pointer": (b"/annex/objects/SHA256E-s123--ab.tflite\n", "git annex get"),
    "a web page": (b"\n<!DOCTYPE html>\n<html><title>404</title>", "a web page"),
    "another web page": (b"<HTML><BODY>moved</BODY></HTML>", "a web page"),
    "an error in JSON": (b'{"message": "Not Found"}', "it is JSON"),
    "an error in words": (b"404: Not Found", "a text file"),
    "a zip": (archive(model__tflite=MODEL), "a zip archive; unpack"),
    "a Keras model": (archive(metadata__json=b"{}", model__weights__h5=b"x"), "a Keras model"),
    "an npz": (array(np.savez), "a numpy archive"),
    "an npy": (array(np.save), "a numpy array"),
    "PyTorch": (archive(archive__data__pkl=b"x"), "a PyTorch file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "an HDF5 file"),
    "gzip": (gzip.compress(MODEL), "gzip data"),
    "ONNX": (b"\x08\x07\x12\x07pytorch\x1a\x032.1:\xff\x01", "an ONNX model"),
    "ONNX with its graph first": (b"\x08\x08:\x80\x01\n\x04Conv\x00onnx", "an ONNX model"),
    "a SavedModel": (b"\x08\x01\x12\xfb\xd4\x01\n\x20\x12\x05serve", "a TensorFlow graph"),
    "a frozen graph": (b"\n\x2c\n\x05input\x12\x0bPlaceholder*\x0b\n\x05dtype", "a TensorFlow graph"),
    "an ELF": (b"\x7fELF\x01\x01\x01" + bytes(60), "an ELF program"),
    "Intel HEX": (b":020000040000FA\n:10000000000000000000000000000000000000F0\n", "Intel HEX"),
    "UF2": (b"UF2\nWQ]\x9e" + bytes(500), "a UF2 image"),
    "a size prefix": (len(MODEL).to_bytes(4, "little") + MODEL, "size-prefixed"),
    "C source": (b"#include <stdint.h>\nconst uint8_t m[] = {\n" + HEX + b"};", "mendlite extract"),
    "C source with a comment": (b"alignas(8) unsigned char m[] = { // 3\n /* x */ " + HEX, "mendlite extract"),
    "C++ source": (b"constexpr unsigned char m[4] {" + HEX + b"};", "mendlite extract"),
    "bytes in hex": (HEX, "mendlite extract"),
    "a header": (b"#pragma once\nextern const unsigned char g_model[];\n", "a C header"),
    "noise": (bytes(range(128, 256)) * 9, "another format, or damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_it_says_what_the_file_is(what):
    data, message = FILES[what]
    with pytest.raises(MalformedModelError, match=r"^not a \.tflite: ") as caught:
        read(data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_bytes_of_the_file_are_quoted():
    secret = "s3cret-of-someone"  # noqa: S105 - that is the point
    for data in (f"password={secret}\n", f'{{"key": "{secret}"}}', f"<html>{secret}", secret):
        assert not re.search("s3cret", describe(data.encode()))


def test_a_large_text_is_judged_at_once():
    start = time.process_time()
    for piece in (
        b"a[",
        b"a[]",
        b"extern ",
        b"0x1c,",
        b"{",
        b"/* ",
        b"a[]{//\n",
        b"a []{/*",
        b"a[1]",
    ):
        assert describe(piece * 400_000)
    assert time.process_time() - start < 10


def test_so_is_a_large_c_source():
    start = time.process_time()
    for piece in (
        b"a[",
        b"a[]",
        b"/* ",
        b'"\\"',
        b"'\\'",
        b"// ",
        b"a[]={1,",
        b"a[] x ",
        b"a[1] ={2}",
        b"aa ",
    ):
        with pytest.raises(BadInputError):
            extract_model(piece * 100_000)
    assert time.process_time() - start < 20
