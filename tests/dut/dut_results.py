"""What the board is to say under MLPerf Tiny's protocol: the results of the host's kernels."""

import numpy as np
from dut_boards import INPUTS

from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner

FILES = {
    "ic01": "mlperf_ic/pretrainedResnet_quant.tflite",
    "kws01": "mlperf_kws/kws_ref_model.tflite",
    "vww01": "mlperf_vww/vww_96_int8.tflite",
    "ad01": "mlperf_ad/ad01_int8.tflite",
}
"""Under the data's models/."""


def quantized(values, tensor):
    """As the benchmark's own code: rounded half away from zero, then the zero point added."""
    scaled = values / np.float32(tensor.quantization().scale[0])
    whole = np.trunc(scaled)
    rounded = whole + np.sign(scaled) * (np.abs(scaled - whole) >= 0.5)
    return np.clip(rounded + tensor.quantization().zero_point[0], -128, 127).astype(np.int8)


def model_inputs(name, model, samples):
    """What the benchmark makes of the samples' bytes, in the shape of the model's input."""
    tensor = model.tensors[model.inputs[0]]
    if name == "ad01":
        values = quantized(samples, tensor)
    elif name == "kws01":
        values = samples
    else:
        values = (samples.astype(np.int16) - 128).astype(np.int8)
    return values.reshape(len(samples), *tensor.shape[1:])


def printed(values):
    return ",".join(f"{float(v):.3f}" for v in values)


def expected_results(name, model, samples):
    """The results of each sample, as printed."""
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    output = model.outputs[0]
    stored = collect(runner, [model_inputs(name, model, samples)], [output])[output]
    q = model.tensors[output].quantization()
    real = (stored.astype(np.int32) - q.zero_point[0]).astype(np.float32) * np.float32(q.scale[0])
    real = real.reshape(len(samples), -1)
    if name != "ad01":
        return [printed(row) for row in real]
    squares = (real - samples) ** 2
    # One float32 sum from the first to the last, as the board's; numpy's own sum adds in pairs.
    sums = np.cumsum(squares, axis=1, dtype=np.float32)[:, -1]
    return [printed([mean]) for mean in sums / np.float32(squares.shape[1])]


# Samples, as their bytes go over the line


def real_samples(name, data_root):
    if name == "kws01":
        return np.load(data_root / "kws01" / "kws01.npz")["features"][:40]
    if name == "ad01":
        path = data_root / "toycar_sample" / "normal_id_01_00000000_hist_librosa.bin"
        recording = np.fromfile(path, "<f4")
        # Five frames of 128 bands, each window a frame further on.
        return np.stack([recording[128 * n : 128 * n + 640] for n in range(5)])
    images = np.load(data_root / "cifar10" / "test.npz")["images"][:10]
    if name == "ic01":
        return images
    return images[:2].repeat(3, axis=1).repeat(3, axis=2)


def random_samples(name, count=6):
    rng = np.random.default_rng(7)
    if name == "ad01":
        return rng.normal(0, 4, (count, INPUTS[name])).astype("<f4")
    kind = np.int8 if name == "kws01" else np.uint8
    bounds = np.iinfo(kind)
    return rng.integers(bounds.min, bounds.max, (count, INPUTS[name]), kind, endpoint=True)


def results_of(board, samples):
    """Accuracy mode: each sample loaded and inferred once."""
    results = []
    for sample in samples:
        board.load(sample.tobytes())
        results.append(board.infer(1, 0).results)
    return results
