"""``mendlite device``: talk to one board."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click
import numpy as np

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.common import open_boards
from mendlite.cli.device_values import read_inputs, require_computed, shapes, show_outputs
from mendlite.cli.names import BOARD, Name
from mendlite.emit.changes import changes
from mendlite.errors import DeviceError
from mendlite.files import require_whole, write_file
from mendlite.jobs.compare_with_board import compare_inference
from mendlite.jobs.compare_with_interpreters import require_equal
from mendlite.model.device_report import DeviceReport
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.bench import bench as run_bench
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.bridge import bridge, pseudo_terminal
from mendlite.replay.device.ports import serial_ports
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.device.transport import ClosedLineError
from mendlite.replay.runner import Values
from mendlite.report.json_report import to_json
from mendlite.report.table import show_table
from mendlite.report.terminal import show_device
from mendlite.targets.board import WITH_TFLM, build_command, load_board, named_boards
from mendlite.targets.device import EMULATED, firmware_folder
from mendlite.tflite.patch import apply as apply_delta
from mendlite.tflite.reader import read as read_model
from mendlite.tflite.reader import read_file
from mendlite.tflite.saved_delta import read_delta

FilePath = click.Path(path_type=Path)

LONGEST_EDIT = 255
"""Bytes that one request to patch carries."""


@click.group()
def device() -> None:
    """Talk to boards: ADDRESS is a port's path, a pyserial URL, or qemu:BOARD."""


def _on_board(function: Any) -> Any:
    board = click.option(
        "--board", type=BOARD, default=None, help="The board there: its baud rate and waits."
    )
    return click.argument("address")(board(json_option(function)))


_signature = click.option(
    "--signature",
    default=None,
    metavar="NAME",
    help="Which of a file's signatures runs, where it has several.",
)


def _with_model(function: Any) -> Any:
    profile = click.option("--profile", type=Name([p.value for p in Profile]),
                           default=Profile.TFLM.value, show_default=True,
                           help="Rounding profile of the engine.")  # fmt: skip
    return _on_board(click.argument("model", type=FilePath)(profile(_signature(function))))


def _open(address: str, board: str | None) -> ConnectedBoard:
    return open_boards([address], board)[0]


@device.command("list")
@json_option
def list_devices(*, as_json: bool) -> None:
    """List the ports there are, and the boards that can be emulated."""
    rows = []
    usb = {}
    for name, _path in named_boards():
        board = load_board(name)
        if board.link.vid is not None and board.link.pid is not None:
            usb[board.link.vid, board.link.pid] = name
        if board.emulator is not None:
            built = (firmware_folder() / name / "firmware.elf").is_file()
            state = "firmware built" if built else build_command(name)
            rows.append((f"{EMULATED}{name}", board.description, state))
            with_tflm = load_board(f"{name}{WITH_TFLM}")
            if (firmware_folder() / with_tflm.name / "firmware.elf").is_file():
                rows.append(
                    (f"{EMULATED}{with_tflm.name}", with_tflm.description, "firmware built")
                )
    ports = [(p.path, p.description, usb.get(p.usb, "") if p.usb else "") for p in serial_ports()]
    if as_json:
        keys = ("address", "what", "state_or_board")
        print_json([dict(zip(keys, row, strict=True)) for row in [*ports, *rows]])
        return
    show_table("devices", ("address", "what", "state or board"), [*ports, *rows], sys.stdout,
               words=3)  # fmt: skip


@device.command()
@_on_board
@click.option("--count", type=click.IntRange(1), default=20, show_default=True)
def ping(address: str, board: str | None, count: int, *, as_json: bool) -> None:
    """Request the board's name several times, and time the responses."""
    opened = _open(address, board)
    seconds = []
    for _ in range(count):
        began = perf_counter()
        opened.ping()
        seconds.append(perf_counter() - began)
    if as_json:
        said = {"address": opened.device.address, "responses": count, "seconds": seconds}
        print_json({**said, "resent": opened.traffic.resent})
        return
    click.echo(
        f"{opened.device.address}: {count} responses, median {1000 * median(seconds):.2f} ms, "
        f"longest {1000 * max(seconds):.2f} ms, {opened.traffic.resent} sent again"
    )


@device.command()
@_on_board
def info(address: str, board: str | None, *, as_json: bool) -> None:
    """Show the board's name, engine and memory."""
    hello = _open(address, board).hello
    names = [c.name.lower().replace("_", " ") for c in hello.capabilities if c.name]
    if as_json:
        fields = ("board", "engine", "version", "memory", "flash", "payload")
        print_json({name: getattr(hello, name) for name in fields} | {"capabilities": names})
        return
    words = ", ".join(names)
    click.echo(f"board         {hello.board}")
    click.echo(f"engine        {hello.engine}")
    click.echo(f"protocol      {hello.version}")
    click.echo(f"can           {words}")
    click.echo(f"memory        {hello.memory} bytes for model, arena and samples")
    click.echo(f"flash         {hello.flash} bytes for a model executed in place")
    click.echo(f"payload       {hello.payload} bytes a frame")


@device.command()
@_with_model
def upload(
    address: str,
    board: str | None,
    model: Path,
    profile: str,
    signature: str | None,
    *,
    as_json: bool,
) -> None:
    """Bring MODEL onto the board and open it."""
    opened = _open(address, board)
    read = read_file(require_whole(model), signature)
    hello = opened.hello
    began = perf_counter()
    loaded = opened.load(read, Profile(profile))
    seconds = perf_counter() - began
    if as_json:
        said = {"board": hello.board, "model": str(model), "bytes": len(read.data)}
        print_json({**said, "seconds": seconds, "arena": loaded.arena, "free": loaded.free})
        return
    click.echo(
        f"{model.name} is on {hello.board}: {len(read.data)} bytes in {seconds:.2f} s; arena "
        f"{loaded.arena} bytes, {loaded.free} bytes left for samples"
    )


@device.command()
@_with_model
@click.option("--inputs", type=FilePath, required=True,
              help="A .npy of samples (n, ...), or an .npz with one array per model input, in "
              "the model's own input type.")  # fmt: skip
@click.option("--tensor", "tensors", type=int, multiple=True,
              help="Also read this tensor.")  # fmt: skip
@click.option("--out", type=FilePath, default=None, help="Write the outputs as .npz.")
@click.option("--compare", is_flag=True,
              help="Compare the outputs with those of the host's kernels, byte by byte: exit code "
              "6 for a difference.")  # fmt: skip
def infer(address: str, board: str | None, model: Path, profile: str, **options: Any) -> None:
    """Run MODEL on the samples of --inputs and show, or write, its outputs."""
    read = read_file(require_whole(model), options["signature"])
    inputs = read_inputs(options["inputs"], read)
    opened = _open(address, board)
    runner = DeviceRunner(model=read, profile=Profile(profile), boards=(opened,))
    wanted = list(dict.fromkeys([*read.outputs, *options["tensors"]]))
    require_computed(read, wanted)
    values = collect(runner, inputs, wanted)
    report = compare_inference(runner, opened, inputs, values) if options["compare"] else None
    _show_inference(read, values, report, options)
    if report is not None:
        require_equal(report)


def _show_inference(
    model: Model, values: Values, report: DeviceReport | None, options: dict[str, Any]
) -> None:
    """Print or write the outputs, and the comparison where there is one."""
    if options["as_json"]:
        print_json(
            _write_outputs(values, options["out"])
            | ({} if report is None else {"comparison": json.loads(to_json(report))})
        )
        return
    if options["out"] is None:
        show_outputs(values[model.outputs[0]])
    else:
        _write_outputs(values, options["out"])
        click.echo(f"wrote {options['out']}: {shapes(values)}")
    if report is not None:
        show_device(report, sys.stdout)


def _write_outputs(values: Values, path: Path | None) -> dict[str, Any]:
    """Write the tensors to a file, if there is one; what --json prints of them."""
    if path is None:
        return {"outputs": {f"tensor_{t}": x.tolist() for t, x in values.items()}}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{f"tensor_{t}": x for t, x in values.items()})
    write_file(path, buffer.getvalue())
    return {"file": str(path), "shapes": {f"tensor_{t}": list(x.shape) for t, x in values.items()}}


@device.command("patch")
@_on_board
@click.argument("base", type=FilePath)
@click.argument("delta", type=FilePath)
def patch_model(address: str, board: str | None, base: Path, delta: Path, *, as_json: bool) -> None:
    """Turn BASE, which is on the board or is uploaded, into what DELTA makes of it, in RAM."""
    opened = _open(address, board)
    change = read_delta(require_whole(delta))
    before = read_file(base, change.signature)
    after = read_model(apply_delta(before.data, change), change.signature)
    opened.load(before, Profile.TFLM)
    edits = list(_edits(before.data, after.data))
    opened.patch(after, edits)
    if opened.read_model() != opened.bytes_of(after):
        raise DeviceError(f"{opened.device.address} holds other bytes than the patched file")
    count = sum(len(old) for _, old, _ in edits)
    if as_json:
        print_json({"address": opened.device.address, "bytes": count, "sha256": after.sha256})
        return
    click.echo(
        f"{count} bytes of the model on {opened.device.address} "
        f"are patched; read back, they are {after.sha256[:12]}'s"
    )


def _edits(before: bytes, after: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(offset, old, new) of what differs, no longer than a request carries."""
    for begin, size in changes(before, after, address=0, page_size=1).ranges:
        for at in range(begin, begin + size, LONGEST_EDIT):
            end = min(at + LONGEST_EDIT, begin + size)
            yield at, before[at:end], after[at:end]


@device.command()
@_on_board
def reset(address: str, board: str | None, *, as_json: bool) -> None:
    """Reset the board."""
    opened = _open(address, board)
    opened.reset()
    if as_json:
        print_json({"address": opened.device.address, "reset": True})
        return
    click.echo(f"{opened.device.address} is back")


@device.command()
@_on_board
@click.option("--model", type=FilePath, default=None, help="Upload this model first.")
@_signature
def pty(
    address: str, board: str | None, model: Path | None, signature: str | None, *, as_json: bool
) -> None:
    """Put the board on a pseudo terminal, for MLPerf Tiny's runner or any terminal program.

    The text protocol needs a model: the one of --model, or one that lies in the board's flash.
    """
    opened = _open(address, board)
    if model is not None:
        opened.load(read_file(require_whole(model), signature), Profile.TFLM)
    line = opened.release()
    try:
        with pseudo_terminal() as (ours, path):
            if as_json:
                print_json({"address": opened.device.address, "path": str(path)})
            else:
                click.echo(f"{opened.device.address} is on {path}; Ctrl-C ends it")
            sys.stdout.flush()
            bridge(line, ours)
    except ClosedLineError as error:
        raise DeviceError(f"{opened.device.address}: the line closed ({error})") from error
    finally:
        line.close()


@device.command()
@_with_model
@click.option("--samples", type=click.IntRange(1), default=100, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def bench(address: str, board: str | None, model: Path, profile: str, **options: Any) -> None:
    """Time MODEL on the board with random inputs: upload, inference, and the line's overhead."""
    opened = _open(address, board)
    read = read_file(require_whole(model), options["signature"])
    timing = run_bench(opened, read, Profile(profile), options["samples"], options["seed"])
    if options["as_json"]:
        sys.stdout.write(to_json(timing).decode())
        return
    click.echo(f"{timing.device} ({timing.engine}, {timing.profile}), {model.name}")
    click.echo(
        f"upload     {timing.model_bytes} bytes in {timing.upload_seconds:.2f} s, "
        f"{timing.upload_bytes_per_second:.0f} bytes/s, "
        f"overhead {100 * timing.upload_overhead:.2f} %"
    )
    click.echo(
        f"inference  {timing.samples} samples in {timing.seconds:.2f} s; "
        f"{timing.board_micros / timing.samples / 1000:.2f} ms each on the board's clock"
    )
    click.echo(
        f"line       {timing.payload_bytes} bytes of payload, overhead "
        f"{100 * timing.overhead:.2f} %, {timing.resent} frames sent again"
    )
