"""What a board computes is what the host computes, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

import scale_products
from curve_models import spec as curve
from int4_models import SPECS, dynamic_range, with_int4
from int16_models import drawn, int16x8_file
from mendlite.errors import DeviceError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device import loading
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from mendlite.wire import messages
from mendlite.wire.messages import Capability
from sparse_models import densified
from tiny_models import build, dense_spec

FEW = 40

INT2 = 19
"""The schema's number of a type that no kernel here has."""


def run(model, boards, inputs, tensors, profile=Profile.TFLM):
    runner = DeviceRunner(model=model, profile=profile, boards=tuple(boards))
    return collect(runner, inputs, list(tensors))


def same(found, expected, tensors, count=None):
    for tensor in tensors:
        np.testing.assert_array_equal(found[tensor], expected[tensor][:count])


def test_all_tensors_in_all_profiles(open_board, digits, images, shown, expected):
    for profile in Profile:
        found = run(digits, [open_board()], [images[0][:FEW]], shown, profile)
        same(found, expected[profile], shown, FEW)


@pytest.mark.parametrize("op", scale_products.FILES)
def test_scales_are_multiplied_as_each_profile_has_it(open_board, op):
    model = read(scale_products.FILES[op])
    inputs, outputs = scale_products.inputs_of(model), model.outputs
    values = set()
    for profile in Profile:
        wanted = collect(ReferenceRunner(model=model, profile=profile), inputs, list(outputs))
        same(run(model, [open_board()], inputs, outputs, profile), wanted, outputs)
        values.add(wanted[outputs[0]].tobytes())
    assert len(values) == 2


def test_a_firmware_older_than_a_profile_is_named(open_board, digits, monkeypatch):
    monkeypatch.setitem(loading.PROFILES, Profile.TFLM_2026_10, 99)
    with pytest.raises(DeviceError, match="firmware is older than the profile tflm_2026_10; flash"):
        open_board().load(digits, Profile.TFLM_2026_10)


def test_a_thousand_digits(open_board, digits, images, expected):
    found = run(digits, [open_board()], images, digits.outputs)
    same(found, expected[Profile.TFLM], digits.outputs)


def test_an_input_is_a_tensor_too(open_board, digits, images):
    [tensor] = digits.inputs
    found = run(digits, [open_board()], [images[0][:3]], [tensor])
    np.testing.assert_array_equal(found[tensor], images[0][:3])


def test_tensors_without_a_batch_stand_one_after_the_other(open_board, digits, images):
    shape = next(o.outputs[0] for o in digits.operators if o.op == "SHAPE")
    found = run(digits, [open_board()], [images[0][:2]], [shape])
    assert found[shape].tolist() == [1, 4, 4, 16] * 2


def test_boards_share_the_samples_and_keep_their_order(open_board, digits, images, expected):
    for count, boards in ((101, 2), (1000, 2), (2, 3), (1, 2)):
        several = [open_board() for _ in range(boards)]
        found = run(digits, several, [images[0][:count]], digits.outputs)
        same(found, expected[Profile.TFLM], digits.outputs, count)
        assert sum(board.micros > 0 for board in several) == min(boards, count)


def test_emulators_outlive_the_threads_that_use_them(open_board, digits, images, expected):
    board = open_board()
    for _ in range(2):
        found = run(digits, [board], [images[0][:3]], digits.outputs)
        same(found, expected[Profile.TFLM], digits.outputs, 3)
    assert board.hello.board == "host"


def test_a_board_takes_another_model_and_another_profile(
    open_board, digits, images, shown, expected
):
    board = open_board()
    other = changed(digits)
    for model, profile in (
        (digits, Profile.TFLM),
        (digits, Profile.SINGLE),
        (other, Profile.TFLM),
        (digits, Profile.TFLM),
    ):
        found = run(model, [board], [images[0][:FEW]], shown, profile)
        if model is digits:
            same(found, expected[profile], shown, FEW)
        else:
            assert any((found[t] != expected[profile][t][:FEW]).any() for t in shown)
        assert board.read_model() == model.data


def changed(model, at=None):
    """The model with a byte of its last weights changed."""
    data = bytearray(model.data)
    data[weights(model) if at is None else at] ^= 0x55
    return read(bytes(data))


def weights(model):
    """Where the first layer's weights lie."""
    tensor = model.tensors[model.operators[0].inputs[1]]
    return model.data.index(tensor.data.tobytes())


def test_reading_back(open_board, digits):
    board = open_board()
    board.load(digits, Profile.TFLM)
    assert board.read_model() == digits.data


def test_a_model_is_uploaded_once(open_board, digits, images):
    board = open_board()
    run(digits, [board], [images[0][:3]], digits.outputs)
    before = board.traffic.sent
    run(digits, [board], [images[0][:3]], digits.outputs)
    assert board.traffic.sent - before < 1000 < len(digits.data)


def edits(before, after, step=7):
    """Edits that turn one file into the other, a few bytes each."""
    pairs = [
        (at, before[at : at + step], after[at : at + step]) for at in range(0, len(before), step)
    ]
    return [(at, old, new) for at, old, new in pairs if old != new]


def test_a_patched_model_runs_as_the_patched_file(open_board, digits, images, shown):
    at = weights(digits)
    patched = changed(changed(digits), at + 9)
    board, fresh = open_board(), open_board()
    board.load(digits, Profile.TFLM)
    before = board.traffic.sent
    board.patch(patched, edits(digits.data, patched.data))
    assert board.traffic.sent - before < 500
    assert board.read_model() == patched.data
    few = [images[0][:FEW]]
    same(run(patched, [board], few, shown), run(patched, [fresh], few, shown), shown)


def test_a_patch_for_another_model_is_refused(open_board, digits, images, expected):
    board = open_board()
    board.load(digits, Profile.TFLM)
    at = weights(digits)
    good = (at, digits.data[at : at + 1], b"\x11")
    bad = (at + 8, bytes([digits.data[at + 8] ^ 1]), b"\x22")
    with pytest.raises(DeviceError, match=f"byte {at + 8} of its model is not what the delta's"):
        board.patch(changed(digits), [good, bad])
    # What was patched already does not stay.
    found = run(digits, [board], [images[0][:3]], digits.outputs)
    same(found, expected[Profile.TFLM], digits.outputs, 3)
    assert board.read_model() == digits.data


def test_edits_that_make_another_model_are_noticed(open_board, digits):
    board = open_board()
    board.load(digits, Profile.TFLM)
    patched = changed(digits)
    with pytest.raises(DeviceError, match="another model is on the board than"):
        board.patch(digits, edits(digits.data, patched.data))


def test_a_model_in_flash(open_board, digits, images, shown, expected):
    board = open_board(in_place=True)
    found = run(digits, [board], [images[0][:FEW]], shown)
    same(found, expected[Profile.TFLM], shown, FEW)
    assert board.traffic.sent < len(digits.data)
    assert board.hello.flash == len(digits.data)
    assert board.read_model() == digits.data
    with pytest.raises(DeviceError, match="lies in flash: flash it again"):
        board.patch(changed(digits), [])


def test_another_model_is_flashed_by_starting_anew(open_board, digits):
    board = open_board(in_place=True)
    for model in (digits, changed(digits), digits):
        board.load(model, Profile.TFLM)
        assert board.read_model() == model.data


def test_a_board_that_runs_no_float_model_says_so(open_board, float_digits):
    with pytest.raises(
        UnsupportedModelError, match="host: its engine mendlite-int8 runs no CONV_2D of float32"
    ):
        open_board().load(float_digits, Profile.TFLM)


def test_a_model_that_is_too_large(open_board, digits):
    large = read(digits.data + bytes(5 << 20))
    with pytest.raises(DeviceError, match="no room for 525.... bytes while uploading the model"):
        open_board().load(large, Profile.TFLM)


def test_a_model_whose_arena_is_too_large(open_board, digits):
    board = open_board()
    large = read(digits.data + bytes(board.hello.memory - len(digits.data) - 1000))
    with pytest.raises(DeviceError, match="the model's arena does not fit into its 4194304 bytes"):
        board.load(large, Profile.TFLM)


def int4_model(name):
    make, places = SPECS[name]
    return read(with_int4(make(), *places)[0])


@pytest.mark.parametrize("name", SPECS)
def test_int4_weights(open_board, name):
    model = int4_model(name)
    shape = model.tensors[model.inputs[0]].shape[1:]
    inputs = [np.random.default_rng(0).integers(-128, 128, (8, *shape)).astype(np.int8)]
    tensors = [o.outputs[0] for o in model.operators]
    for profile in Profile:
        runner = ReferenceRunner(model=model, profile=profile)
        wanted = collect(runner, inputs, tensors)
        same(run(model, [open_board()], inputs, tensors, profile), wanted, tensors)


def test_a_firmware_without_int4_is_asked_nothing(open_board, monkeypatch):
    now = messages.read_hello

    def earlier(payload):
        hello = now(payload)
        return replace(hello, capabilities=hello.capabilities & ~Capability.INT4)

    monkeypatch.setattr(messages, "read_hello", earlier)
    board = open_board()
    with pytest.raises(UnsupportedModelError, match="runs no int4 weights, which operator 0 CONV"):
        board.load(int4_model("conv"), Profile.TFLM)
    assert board.traffic.sent < 100


def test_curves_of_int16_are_refused_before_anything_is_written(open_board):
    board = open_board()
    with pytest.raises(UnsupportedModelError, match="runs no GELU of int16, operator 0"):
        board.load(read(build(curve("GELU", (0.05, 0.05), (0, 0), "INT16"))), Profile.TFLM)
    assert board.traffic.sent < 100


def test_sparse_constants_are_refused_with_what_to_do(open_board):
    board = open_board()
    why = "runs no DENSIFY, operator 0; for a board, convert the model without sparse constants"
    with pytest.raises(UnsupportedModelError, match=why):
        board.load(read(densified(build(dense_spec()), 1)), Profile.TFLM)
    assert board.traffic.sent < 100


def test_int16_activations_have_the_hosts_bytes(open_board):
    model = read(int16x8_file(dense_spec()))
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    x = drawn(model)
    device = DeviceRunner(model=model, profile=Profile.TFLM, boards=(open_board(),))
    (output,) = model.outputs
    ours, theirs = (collect(each, x, [output])[output] for each in (runner, device))
    assert ours.dtype == np.int16
    assert ours.tobytes() == theirs.tobytes()


def test_int4_weights_under_float_activations_are_refused(open_board):
    model = read(dynamic_range(dense_spec(), 1, 4))
    with pytest.raises(
        UnsupportedModelError,
        match="runs no FULLY_CONNECTED of float32, operator 0",
    ):
        open_board().load(model, Profile.TFLM)


def test_int2_weights_are_named(open_board):
    spec = dense_spec()
    weights = spec.tensors[1]
    weights.type, weights.data = INT2, np.zeros((weights.data.size + 3) // 4, np.uint8)
    with pytest.raises(UnsupportedModelError, match="operator 0 FULLY_CONNECTED with int2 weights"):
        open_board().load(read(build(spec)), Profile.TFLM)
