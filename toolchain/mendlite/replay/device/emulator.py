"""Boards that a program plays: QEMU, or the firmware built for the host itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from mendlite.errors import DeviceError
from mendlite.model.device import Device, Emulator
from mendlite.model.places import fill
from mendlite.replay.device.transport import SocketTransport
from mendlite.replay.spawn import SPAWNER

GRACE = 2.0
"""Seconds that an emulator has to end by itself."""


class EmulatedLine(SocketTransport):
    """The line to a running emulator, which ends with it."""

    def __init__(self, line: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """Take over both."""
        super().__init__(line)
        self._process = process

    def close(self) -> None:
        """Close the line and end the emulator."""
        super().close()
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(device: Device, model: Path | None) -> EmulatedLine:
    """Start the emulator of a device; ``model`` is the file that lies in its flash.

    Raises DeviceError where the program or the firmware is missing.
    """
    emulator = device.emulator
    if emulator is None:
        raise ValueError(f"{device.address} is no emulator")
    require_program(device, emulator)
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = _spawn(device, emulator, model, theirs.fileno())
    except OSError as error:
        ours.close()
        raise DeviceError(f"{device.address} does not start: {error}") from error
    return EmulatedLine(ours, process)


def require_program(device: Device, emulator: Emulator) -> None:
    """Raise DeviceError where the emulator cannot be started, with what to do."""
    if not emulator.firmware.is_file():
        raise DeviceError(
            f"{device.address}: no firmware at {emulator.firmware}; build it: {emulator.built_by}"
        )
    program = fill(emulator.command[0], {"firmware": str(emulator.firmware), "link": ""})
    if shutil.which(program) is None:
        raise DeviceError(
            f"{device.address}: {program} is not installed"
            + (f": {emulator.comes_from}" if emulator.comes_from else "")
        )


def _spawn(
    device: Device, emulator: Emulator, model: Path | None, link: int
) -> subprocess.Popen[bytes]:
    words = [
        fill(w, {"firmware": str(emulator.firmware), "link": str(link)}) for w in emulator.command
    ]
    environment = dict(os.environ)
    if model is not None:
        words += [
            fill(w, {"model": str(model), "address": f"{device.model_address:#x}"})
            for w in emulator.preload
        ]
        if emulator.preload_variable:
            environment[emulator.preload_variable] = str(model)
    on_stdio = not any("{link}" in word for word in emulator.command)
    return SPAWNER.start(
        words,
        stdin=link if on_stdio else subprocess.DEVNULL,
        stdout=link if on_stdio else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(link,),
        env=environment,
    )
