"""Features of WAV files by TFLite Micro's audio front end."""

import wave

import numpy as np
import pytest

from mendlite.errors import BadInputError
from mendlite.sources.opening import open_data
from mendlite.sources.spec import DataSpec


def write_wave(path, values, rate=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(values.astype("<i2").tobytes())


def loaded(folder, **more):
    spec = DataSpec(words=(str(folder),), front_end="micro", **more)
    source = open_data(spec, root=folder, allow_outside=True)
    return source.load(np.arange(source.count))


def test_a_second_has_98_windows_of_40_features_and_each_file_begins_anew(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 3000, 16_000)
    for name in ("a", "c"):
        write_wave(tmp_path / f"{name}.wav", noise)
    write_wave(tmp_path / "b.wav", np.zeros(16_000))
    data = loaded(tmp_path)
    (x,) = data.arrays
    assert (x.shape, x.dtype) == ((3, 98, 40), np.float32)
    assert np.array_equal(x[0], x[2])
    assert not x[1].any()
    assert 0 <= x.min() < x.max() < 30
    assert "as 98 x 40 features" in data.described


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"rate": 8_000}, "16 bits at 16000 Hz"),
        ({"channels": 2}, "one channel of 16 bits"),
        ({"length": 300}, "hold no window of 30 ms"),
    ],
)
def test_recordings_of_another_form_are_refused(tmp_path, form, words):
    form = dict(form)
    write_wave(tmp_path / "a.wav", np.ones(form.pop("length", 16_000)), **form)
    with pytest.raises(BadInputError, match=words):
        loaded(tmp_path)
