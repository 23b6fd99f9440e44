"""What is found in the public cases and in real models, healthy and badly calibrated."""

import numpy as np
import pytest

from mendlite.analysis.diagnosis.registry import diagnose
from mendlite.api.cases import Given, case_of
from mendlite.case.recipe import Preprocessing
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.targets.open import CaseOptions, load_case

pytestmark = pytest.mark.data


def opened(data_root, name, task="classification"):
    (folder,) = (data_root.parent / "cases" / "public").glob(f"{name}-*")
    with np.load(folder / "inputs.npz") as archive:
        x = archive["x"]
    return case_of(
        Given(int8=folder / "int8.tflite", float_model=folder / "float.tflite", samples=x,
              labels=None, task=task, preprocessing=Preprocessing()),
        repairs=True,
    )  # fmt: skip


EXPECTED = {
    "01": (
        "calibration",
        (
            "4 of 4 activation ranges (the input's and the output's among them) are about 255 "
            "times as wide"
        ),
    ),
    "03": (
        "dead-channel",
        (
            "channel 3 of layer 0 'functional_1/re_lu_1/Relu': its weight scale is 2e-12, its "
            "weights are dead, its bias is saturated at 2147483647, float has the constant 0.7"
        ),
    ),
    "12": ("feature-columns", "6 of 8 features of input 0 'a_0' use "),
    "14": ("output-range", "(read by SOFTMAX) holds -4760 ... 5440, "),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_public_case_is_named(data_root, name):
    kind, words = EXPECTED[name]
    found = diagnose(opened(data_root, name, "regression" if name == "12" else "classification"))
    assert found[0].kind == kind
    assert words in found[0].sentence


def test_a_healthy_public_case_has_no_finding(data_root):
    assert diagnose(opened(data_root, "11")) == ()


def test_what_cannot_be_run_is_refused_by_name(data_root):
    with pytest.raises((UnsupportedModelError, MalformedModelError), match="FULLY_CONNECTED"):
        diagnose(opened(data_root, "20", "classification"))


def target(data_root, name):
    return load_case(name, CaseOptions(data_root=data_root))


@pytest.mark.slow
def test_a_healthy_model_has_no_finding(data_root):
    assert diagnose(target(data_root, "mlperf_kws")) == ()


@pytest.mark.slow
def test_the_clipped_samples_of_one_calibration_sample_are_counted(data_root):
    found = {one.kind: one for one in diagnose(target(data_root, "kws_one_sample"))}
    assert "are too narrow" in found["calibration"].sentence
    assert " of 128 samples, are clipped" in found["input-range"].sentence
