"""Each kind of finding on small networks that code of ours quantizes badly; none on healthy ones."""

import numpy as np
import pytest

from badly_quantized import Net, case_from, quantized
from mendlite.analysis.diagnosis.registry import KINDS, diagnose, examine
from mendlite.case.recipe import TaskSettings
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.model.diagnosis import Recovery
from mendlite.prepare.int32 import wrapping_channels
from mendlite.repair.settings import Settings
from mendlite.report.diagnosis import NOTHING, diagnosis_lines

rng = np.random.default_rng(1)
VECTORS = rng.normal(0, 1, (400, 8)).astype(np.float32)
IMAGES = (
    rng.uniform(0.05, 1, (400, 1, 1, 1))
    * (rng.random((400, 8, 8, 1)) < rng.uniform(0.1, 0.9, (400, 1, 1, 1)))
).astype(np.float32)


def on_vectors(seed=0):
    net = Net(8, seed=seed)
    net.dense(24)
    net.dense(16)
    net.dense(5, relu=False, gain=4)
    return net


def on_images(seed=0):
    net = Net(8, 8, 1, seed=seed)
    net.conv(6)
    net.conv(8)
    net.pool()
    net.flat()
    net.dense(5, relu=False, gain=4)
    net.softmax()
    return net


def kinds(case):
    return {one.kind: one for one in diagnose(case)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("per_channel", [True, False])
def test_a_healthy_file_has_no_finding(seed, per_channel):
    for net, x in ((on_vectors(seed), VECTORS), (on_images(seed), IMAGES)):
        case = case_from(net, quantized(net, x, per_channel=per_channel), x)
        assert diagnose(case) == ()
        assert diagnosis_lines((), "KL") == [NOTHING]


@pytest.mark.parametrize("factor", [10, 127, 1000])
def test_ranges_of_other_data_are_too_wide(factor):
    for net, x in ((on_vectors(), VECTORS), (on_images(), IMAGES)):
        found = diagnose(case_from(net, quantized(net, x * np.float32(factor)), x))[0]
        assert found.kind == "calibration"
        assert "the input's" in found.sentence
        width = float(found.sentence.split("about ")[1].split(" ")[0].replace(",", ""))
        assert factor * 0.9 < width < factor * 1.4
        assert found.cost.failing > 5
        assert found.recoverable in {Recovery.EDIT_BOTH, Recovery.EDIT_INPUTS}


@pytest.mark.parametrize("factor", [0.05, 0.3])
def test_ranges_of_other_data_are_too_narrow(factor):
    for net, x in ((on_vectors(), VECTORS), (on_images(), IMAGES)):
        found = kinds(case_from(net, quantized(net, x * np.float32(factor)), x))
        assert "too narrow" in found["calibration"].sentence
        assert "are clipped" in found["input-range"].sentence


@pytest.mark.parametrize("share", [0.2, 0.3])
def test_an_input_that_clips_is_counted(share):
    for net, x in ((on_vectors(), VECTORS), (on_images(), IMAGES)):
        ends = {0: (float(x.min()) * share, float(x.max()) * share)}
        case = case_from(net, quantized(net, x, ranges=ends), x)
        found = kinds(case)["input-range"]
        some = case.sets.repair.some(128).raw[0]
        entry = case.quantized.tensors[0]
        stored = np.rint(some / np.float32(entry.scale)) + entry.zero_point
        beyond = ((stored < -128) | (stored > 127)).reshape(128, -1).any(axis=1).sum()
        counted = int(found.sentence.split("values, in ")[1].split(" ")[0])
        assert abs(counted - beyond) <= 1  # a tie at the end of the range
        assert found.tensors == (0,)
        assert found.recoverable is Recovery.EDIT_INPUTS


def test_an_output_that_saturates_is_named():
    net = on_vectors()
    values = net.outputs(VECTORS)
    case = case_from(net, quantized(net, VECTORS, ranges={net.last: (0.0, 0.2)}), VECTORS)
    found = kinds(case)["output-range"]
    assert f"output {net.last} " in found.where
    assert "holds 0 ... 0.2 of float's" in found.sentence
    assert "are stored as its ends" in found.sentence
    assert found.recoverable is Recovery.EDIT_OUTPUTS
    assert values.min() < -1
    assert examine(case).unreachable.tensor == net.last


def test_logits_inside_the_graph_can_be_recovered():
    net = on_images()
    logits = net.spec.ops[-1].inputs[0]
    case = case_from(net, quantized(net, IMAGES, ranges={logits: (-900.0, 700.0)}), IMAGES)
    found = kinds(case)["output-range"]
    assert "read by SOFTMAX" in found.sentence
    assert found.recoverable is Recovery.YES


@pytest.mark.parametrize(("columns", "factor"), [((0, 3), 3e3), ((1, 2, 5, 6, 7), 1e5)])
def test_features_on_one_level_are_counted(columns, factor):
    others = [c for c in range(8) if c not in columns]
    x = VECTORS.copy()
    x[:, others] *= np.float32(factor)
    net = on_vectors()
    first = net.spec.ops[0].inputs[1]
    net.spec.tensors[first].data[:, others] /= np.float32(factor)
    case = case_from(net, quantized(net, x), x, TaskSettings(kind="regression", tolerance=0.5))
    found = kinds(case)["feature-columns"]
    assert found.sentence.startswith(f"{len(columns)} of 8 features of input 0 'in' use ")
    assert found.where.endswith("columns " + ", ".join(map(str, columns)))
    assert found.recoverable is Recovery.NO


@pytest.mark.parametrize("size", [320.0, 5000.0])
def test_boxes_and_scores_in_one_tensor_are_named(size):
    net = Net(8, seed=2)
    hidden = net.dense(24)
    boxes = net.dense(4, source=hidden, relu=True, gain=size)
    scores = net.dense(2, source=hidden, relu=False)
    net.join([boxes, scores])
    task = TaskSettings(kind="regression", tolerance=0.3)
    found = kinds(case_from(net, quantized(net, VECTORS), VECTORS, task))["mixed-output"]
    assert set(found.tensors) == {net.last, scores}
    assert found.recoverable is Recovery.NO


def test_columns_of_other_units_in_one_tensor_are_named():
    net = Net(8, seed=2)
    net.dense(24)
    net.dense(4, relu=False, rows=[1, 500, 500, 1])
    task = TaskSettings(kind="regression", tolerance=0.3)
    found = kinds(case_from(net, quantized(net, VECTORS), VECTORS, task))["mixed-output"]
    assert "2 of 4 columns" in found.sentence
    assert "columns 0, 3" in found.where


@pytest.mark.parametrize("spread", [40, 400])
def test_one_scale_for_channels_of_other_size_is_named(spread):
    net = Net(8, 8, 1, seed=3)
    rows = np.geomspace(1, 1 / spread, 8)
    net.conv(8, rows=rows)
    net.flat()
    net.dense(5, relu=False, gain=4)
    # The next layer undoes the factors, so that the small channels matter as much.
    net.spec.tensors[net.spec.ops[-1].inputs[1]].data[:] /= np.tile(rows, 64).astype("<f4")
    found = kinds(case_from(net, quantized(net, IMAGES, per_channel=False), IMAGES))
    assert found["weight-spread"].layers[0] == 0
    assert "layer 0" in found["weight-spread"].where


def test_clipped_weights_are_named():
    net = on_vectors()
    first = net.spec.ops[0].inputs[1]
    largest = np.abs(net.spec.tensors[first].data).max()
    int8 = quantized(net, VECTORS, weight_scales={first: [largest / 127 / 2]})
    found = kinds(case_from(net, int8, VECTORS))["other-weights"]
    assert "are clipped" in found.sentence
    assert found.layers == (0,)


def with_a_dead_channel(constant, scale, weights_in_steps):
    """Channel 3 of the first layer is constant: its weights are of the order of so many steps."""
    net = Net(8, seed=4)
    bias = net.rng.normal(0, 0.1, 12)
    bias[3] = constant
    rows = np.ones(12)
    rows[3] = scale * weights_in_steps
    net.dense(12, rows=rows, bias=bias, relu=False)
    net.dense(5, relu=False, gain=4)
    weights = net.spec.tensors[1].data
    scales = np.maximum(np.abs(weights).max(axis=1) / 127, scale)
    return case_from(net, quantized(net, VECTORS, weight_scales={1: scales}), VECTORS)


@pytest.mark.parametrize(("constant", "scale"), [(0.7, 2e-12), (3.0, 1e-13), (-2.0, 2e-10)])
def test_a_dead_channel_is_named_and_repaired(constant, scale):
    case = with_a_dead_channel(constant, scale, 0.01)
    found = kinds(case)["dead-channel"]
    assert found.where == "layer 0 't3', channel 3"
    assert f"float has the constant {constant:.3g}" in found.sentence
    assert f"saturated at {'-' if constant < 0 else ''}2147483647" in found.sentence
    assert found.recoverable is Recovery.YES
    report = repair(case, Settings.of("auto"), ("f", "i", "o")).report
    assert report.steps[0].name == "dead-channels"
    assert report.steps[0].accepted
    assert report.validation.repaired.loss < report.validation.int8.loss / 10
    assert report.diagnosis == diagnose(case)


@pytest.mark.parametrize("constant", [3.0, -2.0])
def test_a_dead_channel_whose_accumulator_may_wrap_is_repaired_where_its_scale_may_change(constant):
    case = with_a_dead_channel(constant, 1e-12, 100)
    assert wrapping_channels(case.quantized, case.quantized.layers[0]).tolist() == [3]
    outcome = repair(case, Settings.of("auto"), ("f", "i", "o"))
    assert outcome.report.steps[0].name == "dead-channels"
    assert outcome.report.steps[0].accepted
    assert not wrapping_channels(outcome.model, outcome.model.layers[0]).size
    for settings in (Settings.of("bias"), Settings.of("auto", edit_scales=False)):
        with pytest.raises(
            UnsupportedModelError, match=r"accumulator of channel 3 may leave int32"
        ):
            repair(case, settings, ("f", "i", "o"))


def test_a_channel_that_lives_in_float_alone_is_named_and_repaired():
    net = on_vectors()
    first = net.spec.ops[0].inputs[1]
    scales = np.abs(net.spec.tensors[first].data).max(axis=1) / 127
    scales[5] = 1e-11
    case = case_from(net, quantized(net, VECTORS, weight_scales={first: scales}), VECTORS)
    found = kinds(case)["dead-channel"]
    assert "channel 5 of layer 0" in found.sentence
    assert "float's weights reach" in found.sentence


def test_a_channel_that_is_dead_in_both_files_is_left_alone():
    net = Net(8, seed=4)
    rows = np.ones(12)
    rows[3] = 0
    net.dense(12, rows=rows, bias=np.zeros(12))
    net.dense(5, relu=False, gain=4)
    case = case_from(net, quantized(net, VECTORS), VECTORS)
    assert "dead-channel" not in kinds(case)


def test_findings_come_worst_first_with_what_helps():
    net = on_vectors()
    found = diagnose(case_from(net, quantized(net, VECTORS * np.float32(100)), VECTORS))
    costs = [(one.cost.failing, one.cost.loss) for one in found]
    assert costs == sorted(costs, reverse=True)
    lines = diagnosis_lines(found, "KL")
    assert lines[0] == "diagnosis:"
    first = 1 + 3 * [one.kind for one in found].index("calibration")
    assert ". calibration saw other data: 4 of 4 " in lines[first]
    assert "`edit_inputs` and `edit_outputs`" in lines[first + 1]
    assert "docs/diagnosis/calibration.md" in lines[first + 2]


def test_every_kind_has_a_page(pytestconfig):
    pages = pytestconfig.rootpath / "docs" / "diagnosis"
    listed = (pages / "README.md").read_text(encoding="utf-8")
    for row in KINDS:
        page = (pages / f"{row.kind}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {row.title}\n")
        assert f"({row.kind}.md)" in listed
        for tool in ("TFLiteConverter", "litert-quantizer", "ai-edge-torch"):
            assert tool in page
