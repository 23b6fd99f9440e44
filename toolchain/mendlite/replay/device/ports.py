"""Serial ports of this computer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialPort:
    """A port; ``usb`` is (vid, pid) where it is a USB one."""

    path: str
    description: str
    usb: tuple[int, int] | None


def serial_ports() -> list[SerialPort]:
    """All ports, by their paths."""
    from serial.tools import list_ports

    return [
        SerialPort(
            path=port.device,
            description=port.description or "",
            usb=None if port.vid is None or port.pid is None else (port.vid, port.pid),
        )
        for port in sorted(list_ports.comports(), key=lambda port: port.device)
    ]
