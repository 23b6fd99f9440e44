"""When the compiled kernels are used, when not, and that a wrong library is noticed."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mendlite.arith.geometry import DENSE
from mendlite.compiled import layers, library, trial, triangles, values

PROBE = """
from mendlite.compiled.trial import why_not
print(why_not() or "used")
"""


def probed(**environment):
    """What another process says of the kernels under other environment variables."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )  # fmt: skip
    return ran.stdout.strip()


needs_compiler = pytest.mark.skipif(library.library().loaded is None, reason="no C compiler")


@pytest.fixture
def fresh():
    """The cached answers of this process are forgotten, before and after."""
    cached = (library.library, trial.why_not, trial.usable)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def test_a_switch_leaves_them_out():
    assert probed(MENDLITE_KERNELS="numpy") == "MENDLITE_KERNELS=numpy leaves them out"


def test_without_a_compiler_numpy_runs(tmp_path):
    assert probed(PATH=str(tmp_path)) == "no C compiler (cc, gcc, clang) is installed"


def test_a_compiler_that_fails_is_named(tmp_path):
    broken = tmp_path / "cc"
    broken.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo 'broken 1' && exit\necho oh >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    said = probed(PATH=f"{tmp_path}:/bin:/usr/bin", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert said == f"{broken} does not build them: oh"
    assert not list((tmp_path / "cache" / "mendlite").iterdir())


@needs_compiler
def test_the_library_is_kept_and_another_users_is_not_loaded(tmp_path):
    assert probed(XDG_CACHE_HOME=str(tmp_path)) == "used"
    (kept,) = (tmp_path / "mendlite").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    # Others could have written it: it is built anew.
    kept.write_bytes(b"not a library")
    kept.chmod(0o666)
    assert probed(XDG_CACHE_HOME=str(tmp_path)) == "used"
    assert kept.stat().st_mode & 0o777 == 0o600
    # A folder that others write holds nothing that is loaded.
    kept.write_bytes(b"not a library")
    kept.parent.chmod(0o777)
    assert probed(XDG_CACHE_HOME=str(tmp_path)) == "used"


@needs_compiler
@pytest.mark.skipif(platform.machine() != "x86_64", reason="switches of x86-64 compilers")
@pytest.mark.parametrize("narrower", ["-mno-avx512vnni", "-mno-avx512f"])
@pytest.mark.usefixtures("fresh")
def test_narrower_vectors_compute_the_same(narrower, monkeypatch, tmp_path):
    monkeypatch.setattr(library, "FLAGS", (*library.FLAGS, narrower))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert trial.why_not() == ""
    assert library.library().loaded is not None


@needs_compiler
def test_a_damaged_library_is_not_used(tmp_path):
    assert probed(XDG_CACHE_HOME=str(tmp_path)) == "used"
    (kept,) = (tmp_path / "mendlite").iterdir()
    kept.write_bytes(b"not a library")
    assert "does not build them" in probed(XDG_CACHE_HOME=str(tmp_path))


def use_changed(monkeypatch, folder, changes):
    """The kernels are those of sources in which each text, which stands there once, is another."""
    files = (*library.SOURCES, *library.HEADERS)
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    for wrong, other in changes.items():
        assert sum(text.count(wrong) for text in texts.values()) == 1, wrong
        texts = {name: text.replace(wrong, other) for name, text in texts.items()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for group in ("SOURCES", "HEADERS"):
        changed = tuple(folder / path.name for path in getattr(library, group))
        monkeypatch.setattr(library, group, changed)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


VALUES = {
    "out[i] = table[(size_t)x[i] << 8 | y[i]];": ("<< 8", "<< 7", "table of pairs"),
    "out[i] = table[x[i]];": ("x[i]", "x[i] ^ 1", "table"),
    "largest = (VECTORS)EITHER(mask, (MASKS)from,": (
        "(MASKS)from",
        "(MASKS)lowest",
        "maximum pool",
    ),
    "sums += from;": ("+=", "-=", "average pool"),
    "(uint32_t)out[k] + (uint32_t)x[k]": ("+", "-", "sum"),
    "place = x[k] > x[place]": (">", "<", "largest value's place"),
    "divided(exps[largest - x[k]], 12)": ("12", "13", "softmax"),
    "+ (until - from) * across": ("+", "-", "resizing"),
    "cut - (rest >= 0.5F)": (">=", ">", "quantization"),
}
"""A text of values.c: a part of it, what stands for that, and the kernel that is then wrong."""


@needs_compiler
@pytest.mark.usefixtures("fresh")
def test_the_trial_names_every_wrong_kernel_of_values(tmp_path, monkeypatch):
    changes = {text: text.replace(part, by, 1) for text, (part, by, _) in VALUES.items()}
    use_changed(monkeypatch, tmp_path, changes)
    assert not trial.usable()
    named = set(trial.why_not().removeprefix("the compiled ").split(" gave ")[0].split(", "))
    assert named == {name for _, _, name in VALUES.values()}


@needs_compiler
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("sum[r] = add_pairs(sum[r], _mm512_set1_epi32(two), w);", "convolution"),
        ("sum[r] = _mm512_fmadd_pd(_mm512_set1_pd(row[r][k]), w, sum[r]);", "float convolution"),
        ("return _mm512_mask_add_epi32(y, above, y, one);", "convolution"),
        (
            "sum[c] += row[b->starts[tap] + c] * weights[tap * channels + c];",
            "float depthwise convolution",
        ),
        (
            "p->begin = p->sample * positions(w) + p->line * w->out_width;",
            "float convolution in blocks",
        ),
        ("(((double)(VALUE) + shift) - shift)", "float convolution"),
        ("own[i] -= value * row[i];", "nearest plane"),
        ("slope[i] += change * row[i];", "coordinate descent"),
        ("left[v] -= held[k][v] * factor;", "triangle"),
        ("const int64_t first = backward ? size - 1 : 0, step = backward ? -1 : 1;", "triangle"),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_the_trial_notices_wrong_kernels(tmp_path, monkeypatch, wrong, named):
    by = {
        "sum[r] = ": ";",
        "return _mm512_mask": "return y;",
        "sum[c] += row": "sum[c] -= row[b->starts[tap] + c] * weights[tap * channels + c];",
        "p->begin": "p->begin = p->sample * positions(w);",
        "(((double)": "(double)(VALUE + 0 * shift)",
        "own[i]": "own[i] += value * row[i];",
        "slope[i]": "slope[i] -= change * row[i];",
        "left[v]": "left[v] += held[k][v] * factor;",
        "const int64_t first": "const int64_t first = 0, step = 1;",
    }
    other = next(text for start, text in by.items() if wrong.startswith(start))
    use_changed(monkeypatch, tmp_path, {wrong: other})
    for vectors, needed in (("_mm256", "avx2"), ("_mm512", "avx512bw")):
        if vectors in wrong and needed not in Path("/proc/cpuinfo").read_text():
            pytest.skip(f"the processor has no {needed}")
    assert not trial.usable()
    assert named in trial.why_not()


@needs_compiler
@pytest.mark.usefixtures("fresh")
def test_plain_c_has_the_same_numbers(tmp_path, monkeypatch):
    """What processors without AVX2 run."""
    monkeypatch.setattr(library, "FLAGS", tuple(f for f in library.FLAGS if "march" not in f))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert trial.usable(), trial.why_not()


@needs_compiler
@pytest.mark.parametrize("size", [1, 300, 3000])
@pytest.mark.usefixtures("fresh")
def test_small_blocks_give_the_same_numbers(tmp_path, monkeypatch, size):
    use_changed(monkeypatch, tmp_path, {"BLOCK_BYTES = 131072": f"BLOCK_BYTES = {size}"})
    assert trial.usable(), trial.why_not()


@needs_compiler
def test_no_memory_is_an_error(monkeypatch):
    for module in (layers, triangles, values):
        monkeypatch.setattr(module, "function", lambda _name: lambda *_: -1)
    with pytest.raises(MemoryError, match="no memory"):
        triangles.solve_block(np.eye(1), np.ones(1), np.ones((1, 1)))
    of = layers.WholeLayer(window=DENSE, offset=0, requantizer=None)
    run = layers.whole_layer(np.ones((1, 1), np.int64), np.zeros(1, np.int64), of)
    with pytest.raises(MemoryError, match="no memory"):
        run(np.zeros((1, 1, 1, 1), np.int8))
    with pytest.raises(MemoryError, match="no memory"):
        values.max_pool(np.zeros((1, 1, 1, 1), np.int8), DENSE, -128, 127)
