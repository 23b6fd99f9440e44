"""A uint8 detector with its post-processing is repaired against a twin computed back from it."""

from dataclasses import replace

from digits_case import OPTIONS, PATHS
from interpreted_models import detection_spec
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.float_form import in_float
from mendlite.tflite.reader import read
from small_targets import spoiled, write_target
from tiny_models import build
from uint8_models import as_uint8

TASK = '[task]\nkind = "detection"\ntolerance = 0.05\nthreshold = 0.3\nboxes = 0\nscores = 2\n'


def detector():
    """Two heads of 5 anchors, in uint8 up to their DEQUANTIZE."""
    return as_uint8(detection_spec())


def test_a_detector_is_repaired_before_its_post_processing(tmp_path):
    write_target(tmp_path, detector, TASK, spread=2.0)
    whole = read(build(detector()))
    (tmp_path / "float.tflite").write_bytes(in_float(whole))
    (tmp_path / "int8.tflite").write_bytes(build(spoiled(detector())))
    case = load_case(str(tmp_path / "target.toml"), OPTIONS)
    case = replace(case, sets=replace(case.sets, repair=case.sets.repair.some(60)))
    result = repair(case, Settings.of("least-squares"), PATHS)
    validation = result.report.validation
    assert "TFLite_Detection_PostProcess" in result.report.interpreted[0]
    assert result.report.second_opinion.confirmed
    # What is left are detections that swap places: the rounding of near scores.
    assert validation.repaired.loss < validation.int8.loss
    assert validation.repaired.failing < validation.int8.failing
