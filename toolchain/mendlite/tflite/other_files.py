"""What a file is that is no ``.tflite``: the formats that are handed in by mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CONVERT = "convert it with the TFLite converter first"
_LFS = "a Git LFS pointer; fetch the file itself: git lfs pull"
_MAGIC: Sequence[tuple[int, bytes, str]] = (
    (0, b"version https://git-lfs.github.com/spec/", _LFS),
    (0, b"/annex/objects/", "a git-annex pointer; fetch the file itself: git annex get"),
    (0, b"\x89HDF\r\n\x1a\n", f"an HDF5 file (a Keras .h5 model); {_CONVERT}"),
    (0, b"\x1f\x8b", "gzip data; unpack it first"),
    (0, b"BZh", "bzip2 data; unpack it first"),
    (0, b"\xfd7zXZ\0", "xz data; unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "zstd data; unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (257, b"ustar", "a tar archive; unpack it first"),
    (0, b"\x93NUMPY", "a numpy array (.npy)"),
    (0, b"\x7fELF", "an ELF program"),
    (0, b"UF2\n", "a UF2 image; mendlite reads the model file that went into it"),
    (0, b"LITERTLM", "a LiteRT-LM bundle"),
    (4, b"ORTM", "an ONNX Runtime model (.ort)"),
    (8, b"TFL3", "a size-prefixed flatbuffer; leave out its first four bytes"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"\x80\x03", "a Python pickle"),
    (0, b"\x80\x04", "a Python pickle"),
)
"""Where a format's signature lies, the signature, and what the file then is."""

_LOOK = 1 << 16
"""Bytes at the beginning that tell a text or a protobuf from other data."""

# Every repetition is bounded: a text made to be searched for long is judged at once, too.
_TEXTS: Sequence[tuple[re.Pattern[bytes], str]] = (
    (
        re.compile(rb"(<!doctype|<html|<head|<\?xml)", re.IGNORECASE),
        "a web page (HTML or XML); the download went wrong",
    ),
    (
        re.compile(
            rb"(?s:.*?)\w ?\[[^\]\[{};]{0,80}\][^;={}\[\]]{0,200}=?\s{0,20}\{\s{0,20}"
            rb"(?:(?://[^\n]{0,300}\n|(?s:/\*.{0,300}?\*/))\s{0,20}){0,3}-?(?:0[xX])?[0-9]"
        ),
        "C source; extract the model from it: mendlite extract FILE OUT.tflite",
    ),
    (
        re.compile(rb"(?s:.*?)\bextern\s[^;{}\[]{0,200}\[[^\]\[{};]{0,80}\]\s{0,20};"),
        "a C header that declares an array; its bytes are in the source file that belongs to it",
    ),
    (
        re.compile(rb"(?:0[xX][0-9a-fA-F]{1,2}\s*,\s*){8}"),
        "a list of bytes as C source has it; make a file of it: mendlite extract FILE OUT.tflite",
    ),
    (
        re.compile(rb":[0-9A-Fa-f]{10,}\s"),
        "an Intel HEX image; mendlite reads the model file that went into it",
    ),
    (re.compile(rb"[{\[]"), "JSON"),
)
_ONNX = re.compile(
    rb"\x08[\x01-\x20](?:\x12[\x04-\x20](?:pytorch|tf2onnx|keras2onnx|onnx|skl2onnx)|:)"
)
"""ModelProto: field 1 ir_version, then 2 producer_name or 7 graph."""
_TENSORFLOW = re.compile(rb"\x08\x01\x12|\x0a.{1,3}?\x0a.[\w./-]", re.DOTALL)
"""SavedModel: field 1 schema version 1, then 2 meta_graphs; GraphDef: field 1 node, 1 name."""


def describe(data: bytes) -> str:
    """One clause for a file whose bytes 4 to 7 are not ``TFL3``; quotes none of its bytes."""
    if not data:
        return "the file is empty"
    if not any(data[:_LOOK]):
        return f"its {len(data)} bytes begin with zeros alone; the download or copy broke"
    for at, magic, name in _MAGIC:
        if data[at : at + len(magic)] == magic:
            return f"it is {name}"
    head = data[:_LOOK]
    kind = _zip(data) or _text(head) or _protobuf(head) or _plain(head)
    return kind or "its bytes 4 to 7 are not TFL3; it is another format, or damaged"


def _zip(data: bytes) -> str | None:
    if not data.startswith(b"PK\x03\x04"):
        return None
    if b"model.weights.h5" in data:
        return f"it is a Keras model (.keras); {_CONVERT}"
    if b"data.pkl" in data:
        return "it is a PyTorch file; convert it first"
    if b".npy" in data[:_LOOK]:
        return "it is a numpy archive (.npz)"
    return "it is a zip archive; unpack the .tflite from it first"


def _text(head: bytes) -> str | None:
    """A text's kind; None where the bytes are no text."""
    if b"\0" in head:
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for pattern, name in _TEXTS:
        if pattern.match(start):
            return f"it is {name}"
    return None


def _plain(head: bytes) -> str | None:
    try:
        # A character may be cut in two at the end of the head.
        text = head[: max(len(head) - 3, 1)].decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "it is a text file" if text.isprintable() or "\n" in text else None


def _protobuf(head: bytes) -> str | None:
    """ONNX and TensorFlow graphs by the first fields of their messages."""
    if _ONNX.match(head) or (head[:1] == b"\x08" and b"onnx" in head.lower()):
        return "it is an ONNX model; convert it first"
    if _TENSORFLOW.match(head):
        return f"it is a TensorFlow graph (.pb); {_CONVERT}"
    return None
