"""Frames and payloads against the golden ones, which C is held against too."""

import json
from pathlib import Path

import pytest

from mendlite.wire import messages
from mendlite.wire.frame import Frame, Splitter, decode, encode
from mendlite.wire.messages import (
    Area,
    Capability,
    Hello,
    Loaded,
    ModelSource,
    Request,
    RunProgress,
    Status,
)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "firmware_tests" / "golden"


def rows():
    return json.loads((FOLDER / "frames.json").read_text(encoding="ascii"))


def golden(name):
    return next(frame(row) for row in rows() if row["name"] == name)


def frame(row):
    return Frame(
        type=row["type"],
        session=row["session"],
        sequence=row["sequence"],
        payload=bytes.fromhex(row["payload"]),
    )


by_name = pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])


@pytest.mark.parametrize("name", ["frames.json", "frames.h"])
def test_files_are_what_the_script_makes(name, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import make_golden

    same = (FOLDER / name).read_text(encoding="ascii") == make_golden.FILES[name]()
    message = f"firmware_tests/golden/{name} has drifted from its list: {make_golden.COMMAND}"
    assert same, message


def test_names_are_unique():
    names = [row["name"] for row in rows()]
    assert len(set(names)) == len(names)


def test_every_request_and_answer_is_there():
    types = {row["type"] for row in rows()}
    assert types >= {*Request, *(r | messages.ANSWER for r in Request), messages.ANSWER}


@by_name
def test_encodes(row):
    assert encode(frame(row)).hex() == row["encoded"]


@by_name
def test_decodes(row):
    encoded = bytes.fromhex(row["encoded"])
    assert encoded.index(0) == len(encoded) - 1
    assert decode(encoded[:-1]) == frame(row)


@by_name
def test_decodes_byte_by_byte(row):
    splitter, encoded = Splitter(), bytes.fromhex(row["encoded"])
    found = [list(splitter.take(bytes([byte]))) for byte in encoded]
    assert found == [[]] * (len(encoded) - 1) + [[frame(row)]]


def test_decodes_all_in_one():
    line = b"".join(bytes.fromhex(row["encoded"]) for row in rows())
    assert list(Splitter().take(line)) == [frame(row) for row in rows()]


REQUESTS = {
    "hello": (Request.HELLO, messages.hello_request(0xA7)),
    "begin_model": (Request.BEGIN, messages.begin_request(Area.MODEL, 12960, 0xDEADBEEF)),
    "begin_samples": (Request.BEGIN, messages.begin_request(Area.SAMPLES, 4096, 1)),
    "data": (Request.DATA, messages.data_request(65536, b"TFL3\0\0\xff\x80")),
    "load_uploaded": (
        Request.LOAD,
        messages.load_request(ModelSource.UPLOADED, 1, 12960, 0xDEADBEEF),
    ),
    "load_flash": (Request.LOAD, messages.load_request(ModelSource.FLASH, 2, 2500, 0)),
    "run": (Request.RUN, messages.run_request(0xBEEF, 64, 0xCAFEF00D, ())),
    "run_tensors": (Request.RUN, messages.run_request(7, 1, 0x80000000, (3, -1, 300))),
    "run_recordings": (Request.RUN, messages.recordings_request(8, 60, 1, 20, (3,))),
    "read_results": (Request.READ, messages.read_request(Area.RESULTS, 0xBEEF, 256, 640)),
    "read_model": (Request.READ, messages.read_request(Area.MODEL, 0, 0, 2043)),
    "patch": (Request.PATCH, messages.patch_request(471, b"\0\1\2", b"\0\xff\x80")),
    "reset": (Request.RESET, b""),
    "bye": (Request.BYE, b""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests(name):
    assert (golden(name).type, golden(name).payload) == REQUESTS[name]


def test_answers():
    def read(name, reader):
        payload = golden(name).payload
        assert messages.status_of(payload) is Status.OK
        return reader(payload)

    assert read("hello_answer", messages.read_hello) == Hello(
        version=1,
        fresh=True,
        capabilities=Capability.UPLOAD | Capability.TENSORS | Capability.PATCH | Capability.DUT,
        payload=2048,
        memory=4194304,
        flash=0,
        board="mps2-an386",
        engine="mendlite-int8",
    )
    assert read("begin_answer", messages.read_frontier) == 0
    assert read("data_answer", messages.read_frontier) == 65544
    assert read("load_answer", messages.read_loaded) == Loaded(
        status=Status.OK, failed_operator=-1, arena=2656, free=4178672, input=64, output=10
    )
    assert read("load_answer_unsupported", messages.read_loaded) == Loaded(
        status=Status.UNSUPPORTED, failed_operator=5, arena=0, free=0, input=0, output=0
    )
    ran = RunProgress(done=64, micros=1868, size=640, crc=0x01020304)
    assert read("run_answer", messages.read_ran) == ran
    assert read("read_answer", messages.read_chunk) == (256, b"\x80\x7f\0")
    for name in ("patch_answer", "reset_answer", "bye_answer"):
        assert messages.status_of(golden(name).payload) is Status.OK


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("run_answer_busy", Status.BUSY),
        ("damaged_answer", Status.DAMAGED),
        ("no_session_answer", Status.NO_SESSION),
        ("conflict_answer", Status.CONFLICT),
    ],
)
def test_statuses(name, status):
    assert messages.status_of(golden(name).payload) is status
