"""Firmware images with a model inside, made by the boards' own tools."""

import struct
import subprocess
import sys
from pathlib import Path

TOOLS = Path(sys.executable).parent
XTENSA, RISCV = 94, 243

DATA_ADDRESS = {
    "esp8266": 0x3FFE8000,
    "esp32": 0x3F400020,
    "esp32s2": 0x3F000020,
    "esp32s3": 0x3C000020,
    "esp32c3": 0x3C000020,
    "esp32c6": 0x42000020,
}
"""Where a chip maps read-only data."""


def tool(name, *arguments, ok=True):
    """Run one of the tools; its output."""
    command = [str(TOOLS / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is ok, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def elf(content, address, machine):
    """A 32-bit ELF with one section of read-only data."""
    names = b"\0.rodata\0.shstrtab\0"
    at = 52
    table = at + len(content) + len(names)
    head = b"\x7fELF\1\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIIIIIHHHHHH", 2, machine, 1, address, 0, table, 0, 52, 0, 0, 40, 3, 2
    )
    sections = (
        (0,) * 10,
        (1, 1, 2, address, at, len(content), 0, 0, 4, 0),
        (9, 3, 0, 0, at + len(content), len(names), 0, 0, 1, 0),
    )
    return head + content + names + b"".join(struct.pack("<10I", *row) for row in sections)


def esp_image(folder, chip, content, *options):
    """The image that esptool makes of the content."""
    machine = RISCV if chip in {"esp32c3", "esp32c6"} else XTENSA
    source, image = folder / f"{chip}.elf", folder / f"{chip}.bin"
    source.write_bytes(elf(content, DATA_ADDRESS[chip], machine))
    tool("esptool", "--chip", chip, "elf2image", *options, "--output", image, source)
    if chip == "esp8266":
        image = next(folder.glob("esp8266.bin*"))
    return image.read_bytes()


def mcuboot_image(folder, content, *options):
    """The image that imgtool makes of the content."""
    source, image = folder / "plain.bin", folder / "sealed.bin"
    source.write_bytes(content)
    tool("imgtool", "sign", "--header-size", "0x200", "--pad-header", "--align", "4",
         "--slot-size", "0x40000", "--version", "1.2.3+4", *options, source, image)  # fmt: skip
    return image.read_bytes()
