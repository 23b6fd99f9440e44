"""Every file that once broke something is run, or refused in one line that names the place."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from mendlite.certify.lowering.lower import lower
from mendlite.checker.evaluate import evaluate
from mendlite.checker.graph import read_graph
from mendlite.emit.c_harness import c_harness
from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read

pytestmark = pytest.mark.data

FOLDERS = ("05-host-device-differ", "06-diff-internal", "07-runner-internal", "17-memory",
           "21-groups-keyerror", "22-fuzz-buckets")  # fmt: skip


def cases():
    """The files beside the data; none without."""
    root = Path(os.environ.get("MENDLITE_DATA", "")).parent / "cases" / "hostile"
    return [p for folder in FOLDERS for p in sorted((root / folder).rglob("*.tflite"))]


def of_profile(profile):
    return lambda data: replay(data, profile)


def replay(data, profile):
    parsed = read(data)
    x = [np.zeros((2, *parsed.tensors[i].shape[1:]), parsed.tensors[i].dtype.numpy)
         for i in parsed.inputs]  # fmt: skip
    values = collect(make_runner("reference", parsed, profile), x, parsed.outputs)
    for out in parsed.outputs:
        shape = parsed.tensors[out].shape
        assert values[out].shape == ((2 * shape[0], *shape[1:]) if shape else (2,))
    return x, values


def checked(data):
    graph = read_graph(data)
    x, values = replay(data, Profile.TFLM)
    theirs = evaluate(graph, "tflm", x, list(graph.outputs))
    for out in graph.outputs:
        if values[out].dtype.kind != "f":
            assert np.array_equal(values[out], theirs[out])


WAYS = {
    **{profile.value: of_profile(profile) for profile in Profile},
    "checker": checked,
    "certify": lambda data: lower(read(data), Profile.TFLM),
    "c-harness": lambda data: c_harness(read(data), Profile.TFLM, None),
}


@pytest.mark.parametrize("way", list(WAYS))
def test_no_file_ends_otherwise(way):
    assert cases()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in cases():
            try:
                WAYS[way](path.read_bytes())
            except BadInputError as error:
                assert "\n" not in str(error)  # noqa: PT017
            except Exception as error:
                error.add_note(str(path)) if hasattr(error, "add_note") else None
                raise
