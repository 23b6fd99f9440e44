"""WAV files: values as stored, one rate, one length, and headers that lie."""

import struct
import wave

import numpy as np
import pytest
from opened import everything, opened

from mendlite.errors import BadInputError


def save_wave(path, values, rate=16000, channels=1, width=2):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.asarray(values).tobytes())
    return path


VALUES = np.array([0, 1, -1, 32767, -32768, 7], "<i2")


def test_whole_values_as_stored_and_classes_by_folder(tmp_path):
    save_wave(tmp_path / "r" / "no" / "a.wav", VALUES)
    save_wave(tmp_path / "r" / "yes" / "b.wav", VALUES[::-1])
    found = everything(opened(tmp_path, "r"))
    assert found.arrays[0].tolist() == [VALUES.tolist(), VALUES[::-1].tolist()]
    assert found.arrays[0].dtype == np.int16
    assert found.labels.tolist() == [0, 1]
    assert found.class_names == ("no", "yes")
    assert found.described == "2 WAV files of 6 values, 16000 Hz, PCM_16"
    globbed = everything(opened(tmp_path, "r/*/*.wav"))
    assert globbed.labels.tolist() == [0, 1]
    assert globbed.class_names == ("no", "yes")


def test_float_and_stereo(tmp_path):
    import soundfile

    values = np.array([[0.5, -1], [0, 0.25]], np.float32)
    soundfile.write(tmp_path / "f.wav", values, 8000, "FLOAT")
    found = everything(opened(tmp_path, "f.wav"))
    assert found.arrays[0].dtype == np.float32
    assert np.array_equal(found.arrays[0][0], values)
    assert found.described == "1 WAV files of 2 values x 2 channels, 8000 Hz, FLOAT"


def test_lengths_and_rates_that_differ_are_named(tmp_path):
    save_wave(tmp_path / "a.wav", VALUES)
    save_wave(tmp_path / "b.wav", VALUES[:4])
    with pytest.raises(BadInputError, match="a.wav has 6 values, .*b.wav 4: `window`"):
        everything(opened(tmp_path, "*.wav"))
    found = everything(opened(tmp_path, "*.wav", window=5))
    assert found.arrays[0].tolist() == [VALUES[:5].tolist(), [*VALUES[:4].tolist(), 0]]
    assert "1 shorter ones filled with zeros, 1 longer ones cut" in found.described
    save_wave(tmp_path / "b.wav", VALUES, rate=8000)
    with pytest.raises(BadInputError, match="the recordings differ: .*16000 Hz.* 8000 Hz"):
        everything(opened(tmp_path, "*.wav"))
    with pytest.raises(BadInputError, match=r"b.wav has 8000 Hz, not 16000 \(`sample_rate`\)"):
        everything(opened(tmp_path, "b.wav", sample_rate=16000))


def test_long_recordings_are_divided(tmp_path):
    save_wave(tmp_path / "r" / "x" / "a.wav", np.arange(10, dtype="<i2"))
    save_wave(tmp_path / "r" / "y" / "b.wav", np.arange(20, 27, dtype="<i2"))
    found = everything(opened(tmp_path, "r", window=4, stride=3))
    assert found.arrays[0].tolist() == [
        [0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9], [20, 21, 22, 23], [23, 24, 25, 26],
    ]  # fmt: skip
    assert found.labels.tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(BadInputError, match="`stride` needs `window`"):
        opened(tmp_path, "r", stride=3)
    with pytest.raises(BadInputError, match="0 windows of 40 values"):
        opened(tmp_path, "r", window=40, stride=3)


@pytest.mark.parametrize("length", [0, 3, 30, 44])
def test_a_file_that_is_cut_off(tmp_path, length):
    path = save_wave(tmp_path / "a.wav", VALUES)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BadInputError, match="a.wav"):
        everything(opened(tmp_path, "a.wav"))


def test_a_header_that_lies_takes_no_memory(tmp_path):
    path = save_wave(tmp_path / "a.wav", VALUES)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, 40, 2**31)
    path.write_bytes(raw)
    source = opened(tmp_path, "a.wav")
    assert everything(source).arrays[0].size == VALUES.size  # what is there
    struct.pack_into("<H", raw, 22, 0)
    path.write_bytes(raw)
    with pytest.raises(BadInputError, match="broken WAV"):
        everything(opened(tmp_path, "a.wav"))


def test_other_recordings_are_refused(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.mp3").write_bytes(b"ID3" + bytes(100))
    with pytest.raises(BadInputError, match="a.mp3 is not a WAV file, though it is named like one"):
        opened(tmp_path, "r")
