"""Run the four MLPerf Tiny models, and their repaired files, on every board under QEMU.

Usage: make bench-device, or make bench-device ARGS="--samples 100 --vww 25 --boards mps2-an386";
ARGS=--sizes builds the firmware again and rewrites the table of its sizes alone, and
ARGS=--instructions that of the instructions of an inference, ARGS=--kws the time of 500 inputs.
Compares every output byte with the host's kernels of the same rounding profile, and measures the
line. Writes docs/benchmarks/device.md and device.json. Needs the real models (MENDLITE_DATA), the
cross compilers and QEMU (tools/install_cross.sh), and build/<target>/repaired.tflite, made
where it is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic, perf_counter, process_time, sleep
from typing import Any

import numpy as np

from mendlite.case.preprocess import quantized_inputs
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.bench import bench
from mendlite.replay.device.board import ConnectedBoard, open_line
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.device.transport import Transport
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.device import device_of
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read_file

OUT = Path("docs") / "benchmarks"
TARGETS = ("mlperf_ic", "mlperf_kws", "mlperf_vww", "mlperf_ad")
BOARDS = ("mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "riscv-virt", "netduinoplus2")
COUNTED = ("mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")
"""Cores whose own instructions the kernels use."""
WITH_VECTORS = frozenset({"mps3-an547"})
"""Those of them whose kernels use vectors (MVE)."""
WITHOUT_VECTORS = "../build/firmware/{}-dsp"
"""From make's folder, where the firmware of such a core is built with DSP instructions instead."""
INSTRUCTION_TARGETS = ("mlperf_ic", "mlperf_kws")
"""ResNet-8 and DS-CNN."""
TIMES_CMSIS_NN = 1.5
"""Instructions that are wanted at most, as a multiple of CMSIS-NN's."""
KWS_BOARDS = ("mps2-an386", "mps2-an386-semihosting", "riscv-virt")
"""An M4 behind a UART, the same behind semihosting, and a core with a faster UART."""
SIZED = (*BOARDS, "mps2-an385", "lm3s6965evb", "mps2-an386-semihosting")
SILENCE = 120.0
"""Seconds that a board may say nothing."""
BYTES_A_SECOND = 115200 / 10
"""A serial line carries ten bits a byte."""

Row = dict[str, Any]


class SlowLine:
    """A line that carries no more than 115,200 baud each way."""

    def __init__(self, line: Transport) -> None:
        """Slow ``line`` down."""
        self._line = line
        self._free = {"read": 0.0, "write": 0.0}

    def read(self, wait: float) -> bytes:
        """What has come, once it would have come."""
        data = self._line.read(wait)
        self._carry("read", len(data))
        return data

    def write(self, data: bytes) -> None:
        """Send bytes, as fast as they go."""
        self._line.write(data)
        self._carry("write", len(data))

    def _carry(self, way: str, size: int) -> None:
        begin = max(self._free[way], monotonic())
        self._free[way] = begin + size / BYTES_A_SECOND
        sleep(max(self._free[way] - monotonic(), 0))

    def fileno(self) -> int:
        """The line's own."""
        return self._line.fileno()

    def close(self) -> None:
        """Give it back."""
        self._line.close()


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", default=",".join(BOARDS))
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--vww", type=int, default=100, help="samples of mlperf_vww")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--line", action="store_true", help="measure the line alone, keep the rest")
    parser.add_argument("--sizes", action="store_true", help="build alone, keep what was measured")
    parser.add_argument("--instructions", action="store_true", help="count them, keep the rest")
    parser.add_argument("--kws", action="store_true", help="time 500 inputs, keep the rest")
    parser.add_argument("--tflm", type=Path, help="count beside this TFLite Micro, print alone")
    parser.add_argument("--kernels", default="cmsis_nn", help="which library of --tflm")
    options = parser.parse_args()
    if options.tflm:
        beside_tflm(options.tflm, options.kernels)
        return
    boards = options.boards.split(",")
    before = json.loads((OUT / "device.json").read_text())
    if options.instructions:
        write({**before, "instructions": instructions()})
        return
    if options.kws:
        write({**before, "kws500": kws_500()})
        return
    sizes = {name: build(name) for name in dict.fromkeys([*boards, *SIZED, "host"])}
    if options.sizes:
        write({**before, "sizes": sizes})
        return
    if options.line:
        rows = before["rows"]
    else:
        rows = [
            row
            for name in boards
            for target in TARGETS
            for row in measure(
                name,
                target,
                options.vww if target == "mlperf_vww" else options.samples,
                options.seed,
            )
        ]
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seed": options.seed,
        "profile": "tflm",
        "sizes": sizes,
        "rows": rows,
        "instructions": instructions(),
        "kws500": kws_500(),
        "lines": [line_115200(), *(line_of_qemu(name) for name in ("mps2-an386", "riscv-virt"))],
    }
    write(found)
    if any(row["differing"] for row in rows):
        sys.exit("host and board differ")


def write(found: Row) -> None:
    """Write the page and what it is made from."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "device.json").write_text(json.dumps(found, indent=2) + "\n")
    (OUT / "device.md").write_text(page(found))
    print(page(found))


def build(board: str, *variables: str) -> list[int]:
    """Build a board's firmware: bytes of text, data and bss."""
    command = ["make", "-s", "-C", "firmware_tests", f"BOARD={board}", *variables]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    words = done.stdout.replace(",", "").split()
    return [int(words[words.index(name) + 1]) for name in ("text", "data", "bss")]


def instructions() -> list[Row]:
    """Instructions of one inference, by each set of kernels that the core can run; else None."""
    return [counted(name, target) for name in COUNTED for target in INSTRUCTION_TARGETS]


def counted(name: str, target: str) -> Row:
    """Instructions of one inference of a target on a board."""
    vectors = name in WITH_VECTORS
    build(name)
    build(name, "PORTABLE=1")
    if vectors:
        out = f"OUT={WITHOUT_VECTORS.format(name)}"
        build(name, "EXTRA_CFLAGS=-DMENDLITE_NO_MVE", out)
    path = load_target(target, data_root=Path(os.environ["MENDLITE_DATA"])).models.int8.path
    row = {
        "board": name,
        "target": target,
        "portable": count(name, f"{name}-portable", path),
        "dsp": count(name, f"{name}-dsp" if vectors else name, path),
        "vectors": count(name, name, path) if vectors else None,
    }
    print(row, flush=True)
    return row


def beside_tflm(tflm: Path, kernels: str) -> None:
    """Print the instructions of an inference beside those of a TFLite Micro that the user built."""
    name = COUNTED[0]
    build(name)
    for target in INSTRUCTION_TARGETS:
        path = load_target(target, data_root=Path(os.environ["MENDLITE_DATA"])).models.int8.path
        options = [f"KERNELS={kernels}", "BUILD_TYPE=release", f"MODEL={path.resolve()}"]
        build(name, "ENGINE=tflm", f"TFLM={tflm.resolve()}", *options)
        ours, theirs = (count(name, folder, path) for folder in (name, f"{name}-tflm"))
        print(
            f"{name} {target}: mendlite {ours:,}, TFLite Micro ({kernels or 'its kernels'}) "
            f"{theirs:,}: {ours / theirs:.2f} times (mark {TIMES_CMSIS_NN})",
            flush=True,
        )


def count(name: str, folder: str, path: Path) -> int:
    """Instructions of one inference of a file; ``folder`` is that of the firmware's build.

    QEMU's clock goes on by a nanosecond with each instruction (``-icount shift=0``); the board
    measures in microseconds.
    """
    device = device_of(f"qemu:{name}", None)
    if device.emulator is None:
        raise ValueError(f"{name} is no emulator")
    counting = replace(
        device.emulator,
        command=(*device.emulator.command, "-icount", "shift=0"),
        firmware=Path("build") / "firmware" / folder / "firmware.elf",
    )
    board = ConnectedBoard(replace(device, silence=SILENCE, emulator=counting))
    try:
        return 1000 * bench(board, read_file(path), Profile.TFLM, 1, 0).board_micros
    finally:
        board.close()


def repaired(target: str) -> Path:
    """The repaired file of a target, repaired now where there is none."""
    path = Path("build") / target / "repaired.tflite"
    if not path.is_file():
        subprocess.run([sys.executable, "-m", "mendlite", "repair", target, "-q"], check=True)
    return path


def measure(name: str, target: str, count: int, seed: int) -> list[Row]:
    """The int8 file and the repaired one on a board, against the host."""
    loaded = load_target(target, data_root=Path(os.environ["MENDLITE_DATA"]))
    sets, rules = load_samples(loaded, seed), loaded.inputs
    rows = []
    for kind, path in (("int8", loaded.models.int8.path), ("repaired", repaired(target))):
        model = read_file(path)
        # Bytes are compared, not quality: where the validation samples are few, others count, too.
        inputs = [
            np.concatenate(parts)[:count]
            for parts in zip(
                *(quantized_inputs(rules, s, model) for s in (sets.validation, sets.repair)),
                strict=True,
            )
        ]
        row = run(name, model, inputs)
        rows.append({"board": name, "target": target, "file": kind, **row})
        print(rows[-1], flush=True)
    return rows


def run(name: str, model: Model, inputs: list[np.ndarray[Any, Any]]) -> Row:
    """Run samples on a board and on the host; how many differ, and what it took."""
    # An emulator on a machine that does other things, too, may take its time.
    device = replace(device_of(f"qemu:{name}", None), silence=SILENCE)
    board = ConnectedBoard(device)
    try:
        began = perf_counter()
        loaded = board.load(model, Profile.TFLM)
        uploaded = perf_counter()
        runner = DeviceRunner(model=model, profile=Profile.TFLM, boards=(board,))
        found = collect(runner, inputs, list(model.outputs))
        ended = perf_counter()
    finally:
        board.close()
    host = ReferenceRunner(model=model, profile=Profile.TFLM)
    wanted = collect(host, inputs, list(model.outputs))
    output, count = model.outputs[0], len(inputs[0])
    same = (found[output] == wanted[output]).reshape(count, -1).all(axis=1)
    return {
        "samples": count,
        "differing": int(count - same.sum()),
        "arena": loaded.arena,
        "upload_seconds": round(uploaded - began, 2),
        "milliseconds": round(1000 * (ended - uploaded) / count, 1),
        "board_milliseconds": round(board.micros / count / 1000, 1),
    }


def kws(name: str, samples: int) -> Row:
    """Inputs of the keyword model on a board, from nothing to the last output.

    Processor seconds tell apart what waits and what works, whatever else the machine does.
    """
    target = load_target("mlperf_kws", data_root=Path(os.environ["MENDLITE_DATA"]))
    model = read_file(target.models.int8.path)
    board = ConnectedBoard(device_of(f"qemu:{name}", None))
    began, here, emulators = perf_counter(), process_time(), emulators_seconds()
    try:
        found = bench(board, model, Profile.TFLM, samples, 0)
        traffic = board.traffic
    finally:
        board.close()
    return {
        "board": name,
        "samples": samples,
        "seconds": round(perf_counter() - began, 1),
        "host_seconds": round(process_time() - here, 2),
        "emulator_seconds": round(emulators_seconds() - emulators, 2),
        "bytes": traffic.sent + traffic.received,
        "overhead": round(found.overhead, 4),
    }


def emulators_seconds() -> float:
    """Processor seconds of all emulators that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kws_500() -> list[Row]:
    """500 inputs over each kind of line, and one, which is little but the start and the upload."""
    return [kws(name, samples) for name in KWS_BOARDS for samples in (1, 500)]


def line_115200() -> Row:
    """Upload over a line of 115,200 baud, simulated before the firmware on this computer."""
    device = device_of("qemu:host", None)
    board = ConnectedBoard(device, open_line=lambda d, m: SlowLine(open_line(d, m)))
    return {"line": "115,200 baud, simulated", **upload_rate(board, BYTES_A_SECOND)}


def line_of_qemu(name: str) -> Row:
    """Upload to a board under QEMU, against raw bytes that its firmware only throws away."""
    device = device_of(f"qemu:{name}", None)
    rows = [upload_rate(ConnectedBoard(device), raw_rate(name)) for _ in range(7)]
    # The pair in the middle: the machine is shared, and its speed drifts.
    return {"line": f"QEMU's {name}", **sorted(rows, key=lambda row: row["share"])[3]}


def upload_rate(board: ConnectedBoard, capacity: float) -> Row:
    """Bytes of a model a second, as a share of what the line carries."""
    target = load_target("mlperf_kws", data_root=Path(os.environ["MENDLITE_DATA"]))
    model = read_file(target.models.int8.path)
    try:
        board.ping()
        began = perf_counter()
        board.load(model, Profile.TFLM)
        rate = len(model.data) / (perf_counter() - began)
    finally:
        board.close()
    return {
        "capacity": round(capacity),
        "bytes_a_second": round(rate),
        "share": round(rate / capacity, 3),
    }


def raw_rate(name: str) -> float:
    """Bytes a second that a board takes where they are damaged frames as long as an upload's."""
    board = ConnectedBoard(device_of(f"qemu:{name}", None))
    board.ping()
    line, block = board.release(), b"\x01" * 2059 + b"\x00"
    try:
        began, count, ends = perf_counter(), 26, 0
        sent = 0
        # An answer ends with two zero bytes.
        while ends < 2 * count:
            while sent < count and sent - ends // 2 < 2:
                line.write(block)
                sent += 1
            ends += line.read(1.0).count(0)
        return count * len(block) / (perf_counter() - began)
    finally:
        line.close()


HEAD = """# On the device

`make bench-device` makes this page. Boards are emulated by QEMU: the bytes are the boards' own, the
times are the emulator's on a shared machine and say nothing of real silicon.

Machine: {machine}. Seed {seed}. Kernels: `mendlite-int8` on the boards and `reference` on the host,
both with rounding profile `{profile}`. Inputs are validation samples.

| board | model | file | inputs | that differ | arena | upload s | ms a sample | inference ms |
|---|---|---|---:|---:|---:|---:|---:|---:|
"""

KWS = """
## KWS, 500 inputs

From the start of the emulator to the last output, upload included. Mark: 20 s on an M4, which is
1,500 a minute, and 3 % of overhead on the line. CPU seconds are the processes' own, whatever else
the machine does: `seconds` has that, too. The rows of one input are the start and the upload; what
500 take more is inference and line. `make bench-device ARGS=--kws` measures it again.

| board | inputs | seconds | QEMU's CPU s | the host's CPU s | bytes on the line | overhead |
|---|---:|---:|---:|---:|---:|---:|
"""

KWS_FOUND = """
Over semihosting the line costs next to nothing, so its row is the inference: {inference:.1f} ms of
CPU an input. QEMU's model of the UART costs {byte:.0f} µs of CPU a byte: of what 500 inputs take on
mps2-an386, the line is {line:.0%}. The host takes {host:.1%} of the time.
"""

LINE = """
## The line

Bytes of a model a second, against what the line carries (of QEMU's: damaged frames of the same
length, which the firmware throws away). Mark: 90 %.

| line | it carries | upload | share |
|---|---:|---:|---:|
"""

INSTRUCTIONS = """
## Instructions

Of one inference under QEMU with `-icount shift=0`, to the thousand: by the portable C kernels
(`PORTABLE=1`), by those with the DSP instructions of the core, and by those with its vectors (MVE,
Cortex-M55; DSP there: `EXTRA_CFLAGS=-DMENDLITE_NO_MVE`). The outputs are the same bytes. `share` is
what the best of them needs of the portable. `make bench-device ARGS=--instructions` counts again.

Not compared with CMSIS-NN: its sources are in none of the registries that the tests reach. A
checkout of TFLite Micro built with it is counted beside these kernels by
`make bench-device ARGS="--tflm path/to/tflite-micro"` (mark: 1.5 times its instructions).

| board | model | portable | DSP | vectors | share |
|---|---|---:|---:|---:|---:|
"""

SIZE = """
## Size of the firmware

Bytes. Flash is text and data; RAM is data and bss, the stack, and the memory for models besides.
Mark: 64 KB of text on an M4, with all operators.

| board | text | data | bss |
|---|---:|---:|---:|
"""


def page(found: Row) -> str:
    """The measurement as a page."""
    columns = ("board", "target", "file", "samples", "differing", "arena", "upload_seconds",
               "milliseconds", "board_milliseconds")  # fmt: skip
    rows = [table_row([row[c] for c in columns]) for row in found["rows"]]
    lines = [
        table_row([r["line"], r["capacity"], r["bytes_a_second"], f"{100 * r['share']:.1f} %"])
        for r in found["lines"]
    ]
    sizes = [table_row([name, *size]) for name, size in found["sizes"].items()]
    head = HEAD.format(**{k: found[k] for k in ("machine", "seed", "profile")})
    counts = [instructions_row(row) for row in found["instructions"]]
    parts = [head, *rows, *kws_table(found["kws500"]), LINE, *lines]
    return "".join([*parts, INSTRUCTIONS, *counts, SIZE, *sizes])


def instructions_row(row: Row) -> str:
    """A line of the table of instructions."""
    vectors = row["vectors"]
    best = row["dsp"] if vectors is None else vectors
    shown = "-" if vectors is None else vectors
    cells = [row["board"], row["target"], row["portable"], row["dsp"], shown]
    return table_row([*cells, f"{best / row['portable']:.0%}"])


def kws_table(rows: list[Row]) -> list[str]:
    """The rows of 500 inputs, and what they show of where the time goes."""
    columns = ("board", "samples", "seconds", "emulator_seconds", "host_seconds", "bytes")
    shown = [table_row([*(r[c] for c in columns), f"{r['overhead']:.1%}"]) for r in rows]
    by_uart, by_semihosting = (
        {c: many[c] - one[c] for c in columns[1:]} for one, many in (rows[:2], rows[2:4])
    )
    inference = by_semihosting["emulator_seconds"]
    on_line = by_uart["emulator_seconds"] - inference
    found = KWS_FOUND.format(
        inference=1e3 * inference / by_semihosting["samples"],
        byte=1e6 * on_line / by_uart["bytes"],
        line=on_line / by_uart["emulator_seconds"],
        host=rows[1]["host_seconds"] / rows[1]["seconds"],
    )
    return [KWS, *shown, found]


def table_row(cells: list[Any]) -> str:
    """A line of a table."""
    shown = [f"{c:,}" if isinstance(c, int) else str(c) for c in cells]
    return f"| {' | '.join(shown)} |\n"


if __name__ == "__main__":
    main()
