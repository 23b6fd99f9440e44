"""Files with several signatures: each a model of its own."""

from dataclasses import replace

import numpy as np
import pytest

from main_in_process import run_main
from mendlite.checker.graph import read_graph
from mendlite.errors import BadInputError, ClaimError, MalformedModelError
from mendlite.model.rounding import Profile
from mendlite.packages import LITERT, TFLM, is_installed, load
from mendlite.replay.collect import collect
from mendlite.replay.interpreter import InterpreterRunner, Resolver
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.tflm import TflmRunner
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads
from mendlite.tflite.diff import diff
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patch import apply, revert
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from random_inputs import random_inputs
from signature_models import two
from streaming_models import streaming_spec
from tiny_models import build, conv_spec, dense_spec


def _kernels(model):
    return ReferenceRunner(model=model, profile=Profile.TFLM)


def test_a_name_is_needed_and_the_error_lists_them():
    with pytest.raises(BadInputError, match="2 signatures.*plain, conv; name one by `signature`"):
        read(build(two()))
    with pytest.raises(BadInputError, match="'convv'.*did you mean 'conv'.*plain, conv"):
        read(build(two()), "convv")


def test_each_is_the_model_that_it_is_alone():
    for name, spec in (("plain", dense_spec(0)), ("conv", conv_spec(1))):
        model, alone = read(build(two()), name), read(build(spec))
        assert (model.signature, model.unsupported) == (name, alone.unsupported)
        x = random_inputs(alone, 20)
        ours = collect(_kernels(model), x, model.outputs)
        assert model.outputs == alone.outputs
        expected = collect(_kernels(alone), x, alone.outputs)
        assert all(np.array_equal(ours[t], expected[t]) for t in alone.outputs)


@pytest.mark.parametrize("name", ["plain", "conv"])
def test_runtimes_run_the_named_one(name):
    data = build(two())
    model = read(data, name)
    x = random_inputs(model, 20)
    written = [o.outputs[0] for o in model.operators]
    ours = collect(_kernels(model), x, written)
    if is_installed(TFLM):
        theirs = collect(TflmRunner(model=model), x, written)
        assert all(np.array_equal(ours[t], theirs[t]) for t in written)
    if not is_installed(LITERT):
        pytest.skip("LiteRT is not installed")
    runner = InterpreterRunner(model=model, resolver=Resolver.REF, module=LITERT)
    theirs = collect(runner, x, written)
    module = load(f"{LITERT}.interpreter", "tests")
    interpreter = module.Interpreter(
        model_content=data, experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF
    )
    run = interpreter.get_signature_runner(name)
    by_name = np.concatenate([run(x=sample[None])["y"] for sample in x[0]])
    assert np.array_equal(by_name, theirs[model.outputs[0]])


def test_one_signature_or_none_needs_no_name():
    assert read(build(dense_spec())).signature is None
    one = replace(dense_spec(), signatures=[("only", 0, {"x": 0}, {"y": 6})])
    assert read(build(one)).signature is None
    assert read(build(one), "only").signature is None
    assert read(build(one), "of the int8 file", only_of_several=True).signature is None
    with pytest.raises(BadInputError, match="there are: only"):
        read(build(one), "another")
    with pytest.raises(BadInputError, match="the file has none"):
        read(build(dense_spec()), "only")


def test_several_names_of_one_subgraph_are_one_model():
    both = [("a", 0, {"x": 0}, {"y": 6}), ("b", 0, {"x": 0}, {"y": 6})]
    assert read(build(replace(dense_spec(), signatures=both))).unsupported == ()


def test_signatures_that_contradict_the_file():
    wrong = [("a", 0, {}, {}), ("b", 5, {}, {})]
    with pytest.raises(MalformedModelError, match="'b' names subgraph 5, and the file has 1"):
        read(build(replace(dense_spec(), signatures=wrong)), "a")
    twice = [("a", 0, {}, {}), ("a", 0, {}, {})]
    with pytest.raises(MalformedModelError, match="two signatures have the name 'a'"):
        read(build(replace(dense_spec(), signatures=twice)), "a")


def test_weights_in_common_are_not_edited():
    model = read(build(two(shared=True)), "other")
    assert model.layers[0].frozen == "its weights are those of signature 'plain', too"
    assert model.layers[1].frozen is None
    assert model.tensors[1].buffer.shared


def test_an_edit_leaves_the_other_signature_as_it_was():
    model = read(build(two()), "conv")
    weights = model.tensors[model.layers[0].weights]
    edited = patched(model, [data_edit(model, weights.index, weights.data + np.int8(1))])
    assert edited.signature == "conv"
    delta = diff(model, edited)
    for saved in (dumps_json(delta), dumps_npz(delta)):
        again = loads(saved)
        assert again.signature == "conv"
        assert apply(model.data, again) == edited.data
        assert revert(edited.data, again) == model.data
    before, after = (read(one.data, "plain") for one in (model, edited))
    assert [t.data is None or t.data.tobytes() for t in before.tensors] == [
        t.data is None or t.data.tobytes() for t in after.tensors
    ]


def test_state_of_a_signature_behind_the_first():
    spec, first = streaming_spec(), dense_spec()
    assert len(spec.others) == 1
    call = spec.ops[0]
    assert call.op == "CALL_ONCE"
    moved = replace(call, fields={"InitSubgraphIndex": 2})
    state = replace(spec, ops=[moved, *spec.ops[1:]], others=[])
    signatures = [("plain", 0, {"x": 0}, {"y": 6}),
                  ("state", 1, {"x": spec.inputs[0]}, {"y": spec.outputs[0]})]  # fmt: skip
    data = build(replace(first, others=[state, *spec.others], signatures=signatures))
    model, alone = read(data, "state"), read(build(spec))
    assert model.unsupported == alone.unsupported == ()
    assert [v.name for v in model.variables] == [v.name for v in alone.variables]
    x = random_inputs(replace(alone, frames=1), 12)
    model, alone = replace(model, frames=12), replace(alone, frames=12)
    ours = collect(_kernels(model), x, model.outputs)
    expected = collect(_kernels(alone), x, alone.outputs)
    assert np.array_equal(ours[model.outputs[0]], expected[alone.outputs[0]])
    if is_installed(TFLM):
        theirs = collect(TflmRunner(model=model), x, model.outputs)
        assert np.array_equal(ours[model.outputs[0]], theirs[model.outputs[0]])


def test_the_checker_reads_the_named_one():
    data = build(two())
    for name, spec in (("plain", dense_spec(0)), ("conv", conv_spec(1))):
        graph, alone = read_graph(data, name), read_graph(build(spec))
        assert [(t.name, t.shape) for t in graph.tensors] == [
            (t.name, t.shape) for t in alone.tensors
        ]
        assert (graph.inputs, graph.outputs) == (alone.inputs, alone.outputs)
    with pytest.raises(ClaimError, match="not one signature of the name"):
        read_graph(data, "other")


def test_commands_list_the_signatures(tmp_path, monkeypatch, capsys):
    path = tmp_path / "two.tflite"
    path.write_bytes(build(two()))
    code, _, errors = run_main(monkeypatch, capsys, "diff", path, path)
    assert code == 2
    assert "a model of its own: plain, conv; name one by --signature" in errors
    assert run_main(monkeypatch, capsys, "diff", path, path, "--signature", "conv")[0] == 0
