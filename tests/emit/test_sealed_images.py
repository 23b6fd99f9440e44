"""Images of boot loaders that check them: sealed anew, as the boards' own tools say, or refused."""

import hashlib
import zlib

import numpy as np
import pytest
from sealed_images import DATA_ADDRESS, elf, esp_image, mcuboot_image, tool

from mendlite.emit.firmware import with_model
from mendlite.errors import BadInputError

BASE = bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8))
PATCHED = bytes(b ^ (0x55 if i in {3, 700, 4999} else 0) for i, b in enumerate(BASE))
CONTENT = b"\x11" * 260 + BASE + b"\x22" * 400


def image_info(folder, chip, image):
    path = folder / "seen.bin"
    path.write_bytes(image)
    return tool("esptool", "--chip", chip, "image-info", path)


@pytest.mark.parametrize("chip", [chip for chip in DATA_ADDRESS if chip != "esp8266"])
@pytest.mark.parametrize("options", [(), ("--dont-append-digest",)])
def test_an_esp_image_is_sealed_anew(tmp_path, chip, options):
    image = esp_image(tmp_path, chip, CONTENT, *options)
    found = with_model(image, BASE, PATCHED, None)
    assert PATCHED in found.data
    assert len(found.data) == len(image)
    said = image_info(tmp_path, chip, found.data)
    assert "(valid)" in said
    assert "invalid" not in said
    assert len(found.sealed) == 1
    assert ("SHA-256" in found.sealed[0]) is (not options)
    # The tool itself finds what an unsealed patch leaves behind.
    raw = image.replace(BASE, PATCHED)
    assert "invalid" in image_info(tmp_path, chip, raw)


def test_an_esp8266_image_is_sealed_anew(tmp_path):
    image = esp_image(tmp_path, "esp8266", CONTENT)
    found = with_model(image, BASE, PATCHED, None)
    assert "ESP8266" in found.sealed[0]
    said = image_info(tmp_path, "esp8266", found.data)
    assert "(valid)" in said
    assert "invalid" not in said


def test_an_image_inside_a_flash_dump_is_sealed_anew(tmp_path):
    """A boot loader at 0, the application at 0x10000, as esptool merge-bin lays them."""
    application = esp_image(tmp_path, "esp32s3", CONTENT)
    loader = esp_image(tmp_path, "esp32s3", b"\x33" * 800)
    dump = loader.ljust(0x10000, b"\xff") + application.ljust(0x8000, b"\xff")
    found = with_model(dump, BASE, PATCHED, None)
    assert found.data[:0x10000] == dump[:0x10000]
    assert "ESP32-S3 image at 0x10000" in found.sealed[0]
    part = found.data[0x10000 : 0x10000 + len(application)]
    assert "invalid" not in image_info(tmp_path, "esp32s3", part)


def test_a_model_in_a_partition_of_its_own_touches_no_seal(tmp_path):
    application = esp_image(tmp_path, "esp32s3", b"\x33" * 800)
    dump = application.ljust(0x10000, b"\xff") + BASE
    found = with_model(dump, BASE, PATCHED, None)
    assert found.sealed == ()
    assert found.data == dump[:0x10000] + PATCHED


@pytest.mark.parametrize(("version", "options"), [("1", ()), ("2", ("--secure-pad-v2",))])
def test_a_signed_esp_image_is_refused(tmp_path, version, options):
    plain = tmp_path / "plain.bin"
    plain.write_bytes(esp_image(tmp_path, "esp32", CONTENT, *options))
    key, signed = tmp_path / "key.pem", tmp_path / "signed.bin"
    tool("espsecure", "generate-signing-key", "--version", version, key)
    tool("espsecure", "sign-data", "--version", version, "--keyfile", key, "--output", signed,
         plain)  # fmt: skip
    with pytest.raises(BadInputError, match=rf"espsecure sign-data --version {version}"):
        with_model(signed.read_bytes(), BASE, PATCHED, None)


@pytest.mark.parametrize("place", [600, -20])
def test_a_damaged_esp_image_is_refused(tmp_path, place):
    image = bytearray(esp_image(tmp_path, "esp32c3", b"\x11" * 900 + BASE))
    image[place] ^= 1
    with pytest.raises(BadInputError, match="ESP32-C3 image at offset 0x0 .* do not hold"):
        with_model(bytes(image), BASE, PATCHED, None)
    with pytest.raises(BadInputError, match="ESP image at offset 0x0"):
        with_model(b"\xe9\xff" + b"\0" * 30 + BASE, BASE, PATCHED, None)


@pytest.mark.parametrize("sha", ["256", "512"])
def test_an_mcuboot_image_with_a_hash_alone_is_sealed_anew(tmp_path, sha):
    image = mcuboot_image(tmp_path, CONTENT, "--sha", sha)
    found = with_model(image, BASE, PATCHED, None)
    assert f"MCUboot image at 0x0 (sha{sha})" in found.sealed[0]
    sealed = tmp_path / "repaired.bin"
    sealed.write_bytes(found.data)
    assert "Image was correctly validated" in tool("imgtool", "verify", sealed)
    sealed.write_bytes(image.replace(BASE, PATCHED))
    tool("imgtool", "verify", sealed, ok=False)


def test_protected_entries_and_a_slot_behind_another_are_sealed_anew(tmp_path):
    image = mcuboot_image(tmp_path, CONTENT, "--security-counter", "7", "--pad")
    dump = b"\xff" * 0x1000 + image
    found = with_model(dump, BASE, PATCHED, None)
    sealed = tmp_path / "repaired.bin"
    sealed.write_bytes(found.data[0x1000:])
    tool("imgtool", "verify", sealed)


@pytest.mark.parametrize("kind", ["rsa-2048", "ecdsa-p256", "ed25519"])
def test_a_signed_mcuboot_image_is_refused(tmp_path, kind):
    key = tmp_path / "key.pem"
    tool("imgtool", "keygen", "--key", key, "--type", kind)
    image = mcuboot_image(tmp_path, CONTENT, "--key", key)
    wanted = r"imgtool sign --key KEY.pem --header-size 0x200 --version 1\.2\.3\+4"
    with pytest.raises(BadInputError, match=wanted):
        with_model(image, BASE, PATCHED, None)


def test_an_mcuboot_image_that_is_damaged_or_has_no_hash_is_refused(tmp_path):
    image = bytearray(mcuboot_image(tmp_path, CONTENT))
    image[0x210] ^= 1
    with pytest.raises(BadInputError, match="hash that does not hold"):
        with_model(bytes(image), BASE, PATCHED, None)
    with pytest.raises(BadInputError, match="no hash follows its payload"):
        with_model(bytes(image[:0x200]) + CONTENT, BASE, PATCHED, None)


@pytest.mark.parametrize("kept", [-40, 6000])
def test_a_dump_that_ends_inside_an_esp_image_is_refused(tmp_path, kept):
    """Behind a boot loader, as esptool read-flash leaves it with too small a size."""
    application = esp_image(tmp_path, "esp32s3", CONTENT + b"\x44" * 900)
    loader = esp_image(tmp_path, "esp32s3", b"\x33" * 800)
    dump = loader.ljust(0x10000, b"\xff") + application[:kept]
    with pytest.raises(BadInputError, match="ESP image at offset 0x10000 .*cut off"):
        with_model(dump, BASE, PATCHED, None)


def test_a_dump_that_ends_inside_an_mcuboot_image_is_refused(tmp_path):
    image, loader = mcuboot_image(tmp_path, CONTENT), b"\x33" * 0x1000
    with pytest.raises(BadInputError, match="MCUboot image at offset 0x1000, but no hash"):
        with_model(loader + image[: 0x200 + len(CONTENT)], BASE, PATCHED, None)
    # The magic alone, as in the boot loader's code, is no image.
    code = loader + image[:4] + b"\x55" * 60 + image
    assert with_model(code, BASE, PATCHED, None).sealed == ("MCUboot image at 0x1040 (sha256)",)


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("CRC-32", lambda data: zlib.crc32(data).to_bytes(4, "little")),
        ("CRC-32, big-endian", lambda data: zlib.crc32(data).to_bytes(4, "big")),
        ("SHA-256", lambda data: hashlib.sha256(data).digest()),
        ("MD5", lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
    ],
)
def test_a_digest_at_the_end_is_made_anew(name, compute):
    found = with_model(CONTENT + compute(CONTENT), BASE, PATCHED, None)
    body = CONTENT.replace(BASE, PATCHED)
    assert found.data == body + compute(body)
    assert found.sealed == (f"{name} at the end of the image",)


def test_seals_inside_each_other_are_made_from_the_inside_out(tmp_path):
    inner = esp_image(tmp_path, "esp32", CONTENT)
    image = inner + zlib.crc32(inner).to_bytes(4, "little")
    found = with_model(image, BASE, PATCHED, None)
    assert len(found.sealed) == 2
    assert found.data[-4:] == zlib.crc32(found.data[:-4]).to_bytes(4, "little")
    assert "invalid" not in image_info(tmp_path, "esp32", found.data[:-4])


def test_an_elf_stays_an_elf():
    image = elf(CONTENT, 0x3F400020, 94)
    found = with_model(image, BASE, PATCHED, None)
    assert found.suffix == ".elf"
    assert found.data == image.replace(BASE, PATCHED)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b":020000040000FA\n:10000000", "Intel HEX, is damaged in line 2"),
        (b"S0030000FC\nS113", "S-records, is damaged in line 2"),
        (b"UF2\n" + BASE, "UF2, is"),
        (b"PK\x03\x04" + BASE, "ZIP"),
        (b"\x27\x05\x19\x56" + BASE, "mkimage"),
        (BASE + bytes(8) + b"UFD\x10" + bytes(4), "dfu-suffix"),
        (b"\x1f\x8b" + BASE, "gzip"),
        (b"\x03\xa6\x17\xeb" + BASE, "gbl create"),
    ],
)
def test_what_is_no_plain_image_is_refused(image, words):
    with pytest.raises(BadInputError, match=words):
        with_model(image, BASE, PATCHED, None)
