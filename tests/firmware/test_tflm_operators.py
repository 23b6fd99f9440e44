"""The operators that the adapter for TFLite Micro registers, against the schema's numbers."""

import re
from pathlib import Path

import pytest
from tflite.BuiltinOperator import BuiltinOperator

from mendlite.errors import BadInputError
from mendlite.replay.reference.apart import WHOLE
from mendlite.replay.reference.execute import PREPARE
from mendlite.targets.board import build_command, load_board

ROWS = Path(__file__).parents[2] / "firmware_tests" / "app" / "tflm" / "operators.def"
ROW = re.compile(r"^MENDLITE_TFLM_OPERATOR\((\w+), (\d+), (\w+)\)$", re.MULTILINE)

NOT_IN_TFLM = {"DENSIFY", "GELU", "RELU_N1_TO_1", "SELECT", "TILE"}
"""Operators that the host replays and TFLite Micro (October 2026) has no kernel for."""

STATEFUL = {
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "LSTM",
    "RNN",
    "SVDF",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
}


def rows():
    return ROW.findall(ROWS.read_text(encoding="ascii"))


def test_codes_are_the_schemas():
    assert {name: int(code) for name, code, _ in rows()} == {
        name: getattr(BuiltinOperator, name) for name, _, _ in rows()
    }


def test_each_operator_stands_there_once():
    names = [name for name, _, _ in rows()]
    assert len(names) == len(set(names)) > 50


def test_what_the_host_replays_is_there():
    missing = (PREPARE.keys() | WHOLE.keys()) - {name for name, _, _ in rows()}
    assert missing <= NOT_IN_TFLM | STATEFUL


def test_a_board_with_tflite_micro_has_a_name_and_a_firmware_of_its_own():
    board = load_board("mps2-an386-tflm")
    assert board.name == "mps2-an386-tflm"
    assert board.address == load_board("mps2-an386").address
    assert build_command(board.name) == "make firmware BOARD=mps2-an386 ENGINE=tflm TFLM=path"


def test_no_board_comes_to_be_by_an_ending():
    with pytest.raises(BadInputError, match="no board is called 'none-tflm'"):
        load_board("none-tflm")
