"""Folders and files that nobody should have made."""

import os
import socket
import struct
import zlib

import numpy as np
import pytest
from data_files import class_folders, pixels, save_image
from opened import everything, opened

from mendlite.errors import BadInputError


def test_a_file_named_like_an_image(tmp_path):
    save_image(tmp_path / "p" / "a.png")
    (tmp_path / "p" / "b.png").write_text("secret:x:0:0")
    with pytest.raises(BadInputError, match="b.png is not a PNG, .* named like one") as caught:
        opened(tmp_path, "p")
    assert "secret" not in str(caught.value)


def test_an_image_by_its_contents(tmp_path):
    save_image(tmp_path / "p" / "a.dat", kind="PNG")
    (tmp_path / "p" / "readme.md").write_text("text")
    (tmp_path / "p" / ".hidden").write_text("text")
    found = everything(opened(tmp_path, "p"))
    assert found.count == 1
    assert found.described.endswith("(1 other files left out)")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "PPM"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_images_that_are_cut_off(tmp_path, kind, share):
    path = save_image(tmp_path / "p" / "a.img", pixels((40, 40)), kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BadInputError, match="a.img cannot be decoded: it is broken or cut off"):
        everything(opened(tmp_path, "p"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "ICNS", "PDF"])
def test_other_formats_never_reach_a_decoder(tmp_path, kind):
    save_image(tmp_path / "p" / "a.png")
    save_image(tmp_path / "p" / "b.png", pixels((64, 64)), kind)
    with pytest.raises(BadInputError, match="b.png is not a PNG"):
        opened(tmp_path, "p")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_claims_of_size(tmp_path):
    (tmp_path / "p").mkdir()
    for side in (10_000, 7_000):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        raw = (
            b"\x89PNG\r\n\x1a\n"
            + head
            + chunk(b"IDAT", zlib.compress(bytes(999)))
            + chunk(b"IEND", b"")
        )
        (tmp_path / "p" / "a.png").write_bytes(raw)
        with pytest.raises(BadInputError, match=f"{side} x {side} pixels: more than"):
            everything(opened(tmp_path, "p"))


def test_pipes_and_sockets_are_refused_at_once(tmp_path):
    save_image(tmp_path / "p" / "a.png")
    os.mkfifo(tmp_path / "p" / "b.png")
    with pytest.raises(BadInputError, match="b.png: a pipe, not a file"):
        opened(tmp_path, "p")
    (tmp_path / "p" / "b.png").unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(tmp_path / "p" / "s"))
        with pytest.raises(BadInputError, match="s: a socket, not a file"):
            opened(tmp_path, "p")
    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(BadInputError, match="x.npy: a pipe, not a file"):
        opened(tmp_path, "x.npy")


def test_links_stay_inside(tmp_path):
    class_folders(tmp_path / "away", {"a": 1})
    class_folders(tmp_path / "root" / "p", {"b": 1})
    (tmp_path / "root" / "p" / "c").symlink_to(tmp_path / "away" / "a")
    with pytest.raises(BadInputError, match="leads out of the folder"):
        opened(tmp_path / "root", "p")
    (tmp_path / "root" / "p" / "c").unlink()
    (tmp_path / "root" / "p" / "b" / "1.png").symlink_to(tmp_path / "away" / "a" / "0.png")
    with pytest.raises(BadInputError, match="leads out of the folder"):
        opened(tmp_path / "root", "p")
    for word in ("../away", str(tmp_path / "away"), "../away/*/*.png"):
        with pytest.raises(BadInputError, match="leads out of the folder"):
            opened(tmp_path / "root", word)


def test_links_in_a_circle(tmp_path):
    class_folders(tmp_path / "p", {"a": 1})
    (tmp_path / "p" / "b").symlink_to("b")
    with pytest.raises(BadInputError, match="p/b"):
        opened(tmp_path, "p")
    (tmp_path / "p" / "b").unlink()
    (tmp_path / "p" / "b").symlink_to(".")
    assert opened(tmp_path, "p").count == 1


def test_empty_folders(tmp_path):
    (tmp_path / "p" / "a").mkdir(parents=True)
    with pytest.raises(BadInputError, match="no PNG, .* in its 1 subfolders"):
        opened(tmp_path, "p")
    save_image(tmp_path / "p" / "b" / "0.png")
    found = everything(opened(tmp_path, "p"))
    assert found.class_names == ("a", "b")
    assert found.labels.tolist() == [1]
    assert found.described.endswith("; no sample of a")


def test_samples_at_two_depths(tmp_path):
    class_folders(tmp_path / "p", {"a": 1})
    save_image(tmp_path / "p" / "0.png")
    with pytest.raises(BadInputError, match="samples and folders of samples"):
        opened(tmp_path, "p")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n", "has 1 labels, and there are 2 samples"),
        ("a\n\nb\n", "line 2 is empty"),
        ("", "the file is empty"),
        ("0.png a\n9.png b\n", "1 of its 2 files are not in .*p, first 9.png"),
        ("0.png a\n0.png b\n", "a file is listed twice"),
    ],
)
def test_lists_that_do_not_fit(tmp_path, text, message):
    for number in range(2):
        save_image(tmp_path / "p" / f"{number}.png")
    (tmp_path / "p" / "labels.txt").write_text(text)
    with pytest.raises(BadInputError, match=message):
        opened(tmp_path, "p")


@pytest.mark.parametrize("word", ["missing", "*.png", "a\0b", "x" * 300, "[", "", "photos:", "~"])
def test_words_that_name_nothing(tmp_path, word):
    with pytest.raises(BadInputError):
        opened(tmp_path, word)


def test_a_file_of_no_form(tmp_path):
    (tmp_path / "x.bin").write_bytes(bytes(10))
    with pytest.raises(BadInputError, match="data are a folder, images, WAV files, .npy, .npz"):
        opened(tmp_path, "x.bin")


def test_names_are_shown_escaped(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(BadInputError, match=r"\\x1b\[31m") as caught:
        opened(tmp_path, "\x1b[31m")
    assert "\x1b" not in str(caught.value)
