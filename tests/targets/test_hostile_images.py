"""Images of strangers: one decoder, bounded sizes, one class of error."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.errors import BadInputError
from mendlite.targets.images import decode_jpegs
from mendlite.targets.schema import Jpeg


def image(kind, size=(8, 8)):
    from PIL import Image

    sink = io.BytesIO()
    Image.new("RGB", size, 90).save(sink, kind)
    return sink.getvalue()


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"


def decode(*files):
    data = np.frombuffer(b"".join(files), np.uint8)
    offsets = np.cumsum([0, *map(len, files)])
    return decode_jpegs(data, offsets, np.arange(len(files)), Jpeg(offsets="o"))


@pytest.mark.parametrize("kind", ["EPS", "PNG", "BMP", "GIF", "TIFF", "PDF", "nothing", "text"])
def test_jpeg_means_jpeg(kind, monkeypatch):
    from PIL import Image

    def never(*_args, **_options):
        raise AssertionError("Ghostscript was about to run")

    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", never)
    Image.init()
    plain = {"EPS": EPS, "nothing": b"", "text": b"root:x:0:0"}
    raw = plain[kind] if kind in plain else image(kind)
    for data in (raw, b"\xff\xd8\xff" + raw):
        with pytest.raises(BadInputError, match="JPEG sample 0 cannot be decoded") as caught:
            decode(data)
        assert "root" not in str(caught.value)


def test_a_few_bytes_make_no_large_jpeg():
    good = bytearray(image("JPEG", (64, 64)))
    at = good.index(b"\xff\xc0") + 5
    good[at : at + 4] = (4000).to_bytes(2, "big") * 2
    with pytest.raises(
        BadInputError, match="JPEG sample 0 has 4000 x 4000 pixels: more than its .* bytes can hold"
    ):
        decode(bytes(good))


@pytest.mark.parametrize("size", [(10**5, 10**5), (1, 2**31 - 1), (2**13, 2**13)])
def test_no_jpeg_is_resized_beyond_the_memory(size):
    files = [image("JPEG", (8, 8))] * 40
    data = np.frombuffer(b"".join(files), np.uint8)
    offsets = np.cumsum([0, *(len(one) for one in files)])
    with pytest.raises(BadInputError, match="40 images of .* are too many"):
        decode_jpegs(data, offsets, np.arange(40), Jpeg(offsets="o", size=size))


def test_jpegs_that_are_broken_or_blow_up():
    good = image("JPEG", (64, 64))
    assert decode(good).shape == (1, 64, 64, 3)
    with pytest.raises(BadInputError, match="cannot be decoded"):
        decode(good[: len(good) // 2])
    at = good.index(b"\xff\xc0") + 5
    huge = good[:at] + struct.pack(">HH", 60000, 60000) + good[at + 4 :]
    large = good[:at] + struct.pack(">HH", 9000, 9000) + good[at + 4 :]
    for raw in (huge, large):
        with pytest.raises(BadInputError, match="too large|more than 67108864"):
            decode(raw)
    scan = good[good.index(b"\xff\xda") :]
    with pytest.raises(BadInputError, match="more than 100 scans"):
        decode(good + scan * 101)


@given(st.binary(max_size=60), st.integers(0, 600), st.integers(0, 255))
def test_damaged_jpegs_end_in_one_class_of_error(tail, at, value):
    good = bytearray(image("JPEG", (16, 16)))
    good[at % len(good)] = value
    for raw in (bytes(good), bytes(good) + tail, bytes(good[: at % len(good)]) + tail):
        try:
            decode(raw)
        except BadInputError:
            continue
