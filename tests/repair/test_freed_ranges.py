"""Which forced ranges are worth a QUANTIZE."""

import pytest

from joined_models import chain_spec, joined_spec
from mendlite.repair import freed_ranges
from mendlite.repair.freed_ranges import worthwhile
from mendlite.repair.layers.activation_range import Range
from mendlite.repair.layers.calibration import Calibration
from mendlite.tflite.graph_plan import every_edit
from mendlite.tflite.reader import read
from tiny_models import build

RULE = "mean squared error"


class _Case:
    def __init__(self, spec):
        self.quantized = read(build(spec))


def chosen(monkeypatch, spec, widths):
    """What is left of every edit where tensors have these widths, by their names."""
    case = _Case(spec)
    names = {t.name: t.index for t in case.quantized.tensors}
    ranges = {names[name]: Range.of(0.0, width) for name, width in widths.items()}
    monkeypatch.setattr(
        freed_ranges, "calibrate", lambda *_: Calibration(groups=(), ranges={RULE: ranges})
    )
    plan = worthwhile(case, every_edit(case.quantized), RULE)
    return [case.quantized.tensors[one.source].name for one in plan.forced]


@pytest.mark.parametrize(("narrow", "freed"), [(0.70, ["narrow"]), (0.71, []), (1.0, [])])
def test_the_squared_step_must_be_less_than_half(monkeypatch, narrow, freed):
    """0.70 squared is 0.490, 0.71 squared 0.504."""
    widths = {"narrow": narrow, "wide": 1.0, "joined": 1.0}
    assert chosen(monkeypatch, joined_spec(), widths) == freed


def test_what_the_float_model_lacks_keeps_its_range(monkeypatch):
    assert chosen(monkeypatch, joined_spec(), {"wide": 1.0, "joined": 1.0}) == []


def test_in_a_chain_the_squared_step_doubles_from_one_quantize_to_the_next(monkeypatch):
    """Each is 1.2 times as wide as the one before: squared 1.44, and 2.07 from every second one."""
    names = ["first", *(f"joined {link}" for link in range(6))]
    widths = {name: 1.2**link for link, name in enumerate(names)}
    case = _Case(chain_spec(6))
    assert len(every_edit(case.quantized).forced) == 6
    assert chosen(monkeypatch, chain_spec(6), widths) == ["first", "joined 1", "joined 3"]


def test_a_chain_of_like_ranges_stays(monkeypatch):
    widths = {name: 1.05**link for link, name in enumerate(["first", "joined 0", "joined 1"])}
    assert chosen(monkeypatch, chain_spec(2), widths) == []
