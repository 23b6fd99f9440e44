"""``mendlite repair --sign`` and ``mendlite check`` as a user runs them."""

import json
import os
from hashlib import sha256

import pytest

from as_a_user import DIGITS, mendlite
from in_process import run
from mendlite.checker.form import dumps, loads, seal
from mendlite.emit.certificate import (
    load_key,
    sign,
    with_bounds,
)
from mendlite.errors import ClaimError

WHOLE = "the certificate holds: bytes, lists, samples and figures"


def test_a_repair_is_certified_and_checked(signed, keys):
    path = signed / "certificate.json"
    text = mendlite("check", path, "--require-signature", keys[1]).stdout
    assert text.endswith(WHOLE + "\n")
    assert "computed again on 700 of 700 samples" in text
    assert "signature: it holds, by the required key (sha256 " in text
    assert text.startswith("checked against target digits ")
    for name in ("data digits.npz", "base int8.tflite"):
        file = DIGITS / name.split()[1]
        assert f"{name} {sha256(file.read_bytes()).hexdigest()[:16]}" in text
    found = json.loads(mendlite("check", path, "--json", "--samples", 9).stdout)
    assert (found["holds"], found["figures"], found["signed"]) == (True, True, True)
    assert "on 9 of 700 samples" in found["checks"][-1]
    assert found["coverage"][1]["computed"] == 9
    assert [k for k, _ in found["coverage"][1]["unseen"]] == [51, 1, 10, 100]
    assert found["against"]["target"]["name"] == "digits"
    assert mendlite("check", path, "--public-key").stdout == keys[1].read_text()


def test_the_files_may_be_named(copy):
    (copy / "other.tflite").write_bytes((DIGITS / "int8.tflite").read_bytes())
    (copy / "new.tflite").write_bytes((copy / "repaired.tflite").read_bytes())
    (copy / "repaired.tflite").unlink()
    path = copy / "certificate.json"
    named = ("--base", copy / "other.tflite", "--patched", copy / "new.tflite")
    assert WHOLE in mendlite("check", path, *named).stdout
    assert WHOLE in mendlite("check", path, *named, "--target", DIGITS).stdout
    text = mendlite("check", path, *named, "--no-data", ok=7).stdout
    assert text.endswith("its figures were NOT computed again: --no-data\n")
    assert "holds" not in text
    swapped = ("--base", named[3], "--patched", named[1])
    assert (
        "the base file is not the certificate's" in mendlite("check", path, *swapped, ok=1).stderr
    )
    assert "No such file" in mendlite("check", path, ok=2).stderr
    assert "name the base file by --base" in mendlite("check", path, "--no-data", ok=2).stderr


def test_a_target_by_its_path_is_found_from_the_certificate(tmp_path):
    folder, out = tmp_path / "mine", tmp_path / "out" / "deep"
    folder.mkdir()
    for path in DIGITS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    mendlite("repair", "mine/target.toml", "--strategy", "bias", "--out", out, cwd=tmp_path)
    values = loads((out / "certificate.json").read_bytes())
    assert values["target"]["reference"] == "../../mine/target.toml"
    path = out / "certificate.json"
    assert WHOLE in mendlite("check", path, "--target", folder).stdout
    assert WHOLE in mendlite("check", path, "--trust", tmp_path).stdout
    failed = mendlite("check", path, ok=7).stderr
    assert "names a target of its own, '../../mine/target.toml'" in failed
    assert "lies outside --trust" in mendlite("check", path, "--trust", out, ok=7).stderr
    (folder / "target.toml").unlink()
    named = ("--base", folder / "int8.tflite", "--trust", tmp_path)
    text = mendlite("check", path, *named, ok=7).stdout
    assert "its figures were NOT computed again: no data:" in text
    assert "holds" not in text
    failed = mendlite("check", out / "certificate.json", "--target", folder, ok=2)
    assert "no such target file" in failed.stderr


USELESS = {
    "--no-data": [("--samples", 9), ("--all",), ("--data", "."), ("--trust", "."), ("--allow-code",),
                  ("--allow-outside",), ("--target", "digits")],
    "--target": [("--trust", ".")],
}  # fmt: skip


@pytest.mark.parametrize("chosen", USELESS)
def test_options_without_effect_are_refused(signed, chosen):
    with_value = (chosen, "digits") if chosen == "--target" else (chosen,)
    for given in USELESS[chosen]:
        done = run("check", signed / "certificate.json", *with_value, *given)
        assert done.code == 2
        assert f"{given[0]} has no effect with {chosen}" in done.err


@pytest.mark.parametrize("option", ["--data", "--trust"])
def test_a_pipe_and_a_file_are_no_folder(signed, tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", signed / "certificate.json", "n" * 300):
        done = run("check", signed / "certificate.json", option, path)
        assert done.code == 2
        assert "there is no such folder" in done.err or "too long" in done.err


def test_the_key_alone_is_json_too(signed, keys):
    found = run("check", signed / "certificate.json", "--public-key", "--json").out
    assert json.loads(found) == {"public_key": keys[1].read_text()}


def test_what_was_changed_is_one_line_and_exit_code_1(copy):
    path = copy / "certificate.json"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"strategy":"bias"', b'"strategy":"bia5"'))
    failed = mendlite("check", path, ok=1)
    assert f"{path}: the certificate was altered" in failed.stderr
    path.write_bytes(data)
    model = bytearray((copy / "repaired.tflite").read_bytes())
    model[-1] ^= 1
    (copy / "repaired.tflite").write_bytes(model)
    failed = mendlite("check", path, ok=1)
    assert "the patched file is not the certificate's: its sha256 is" in failed.stderr
    assert "No such file" in mendlite("check", copy / "nothing.json", ok=2).stderr


RESEALED = {
    "a folder": (lambda v: v["files"]["patched"].update(name="../x"), "is no plain file name"),
    "this folder": (lambda v: v["files"]["patched"].update(name=""), "is no plain file name"),
    "a surrogate": (lambda v: v["files"]["patched"].update(name="\ud800"), "no plain file name"),
    "an escape": (lambda v: v["files"]["patched"].update(name="\x1b[2J"), "no plain file name"),
    "a long name": (lambda v: v["files"]["patched"].update(name="x" * 999), "no plain file name"),
    "one more entry": (lambda v: v.update(proof="x\n"), "does not define: 'proof'"),
    "one more set": (lambda v: v["sets"].update(test={}), "does not define: 'sets.test'"),
    "no files": (lambda v: v.pop("files"), "files.patched.name is missing or no str"),
    "no target": (lambda v: v.pop("target"), "target.reference is missing or no str"),
    "no text": (lambda v: v["target"].update(reference=3), "target.reference is missing or no str"),
    "no path": (lambda v: v["target"].update(reference="a\0b"), "target is no path"),
    "another target": (lambda v: v["target"].update(name="mine"), "is of target mine"),
    "no seed": (lambda v: v.pop("seed"), "seed is missing or no int"),
    "a negative seed": (lambda v: v.update(seed=-1), "seed is negative"),
    "no sets": (lambda v: v.update(sets=3), "sets.repair.samples is missing or no int"),
    "no repair set": (lambda v: v["sets"].update(repair=[]), "sets.repair.samples is missing"),
}


@pytest.mark.parametrize("what", RESEALED)
def test_a_certificate_that_names_the_wrong_things(copy, what):
    change, message = RESEALED[what]
    path = copy / "certificate.json"
    values = loads(path.read_bytes())
    change(values)
    path.write_bytes(dumps(seal(values)))
    assert message in mendlite("check", path, ok=1).stderr


def test_bounds_are_added_under_a_new_seal(copy, keys):
    path = copy / "certificate.json"
    box = {"low": [0] * 64, "high": [1] * 64, "compared": ["base", "patched"]}
    box["outputs"] = [{"output": 0, "lower": -200.0, "upper": 200.0}]
    bounds = {"property": "p", "region": "r", "verdict": "proved", **box}
    whole = with_bounds(path.read_bytes(), bounds)
    found = loads(whole)
    assert found["bounds"] == [bounds]
    assert "signature" not in found
    path.write_bytes(dumps(sign(found, load_key(keys[0].read_bytes()))))
    text = mendlite("check", path, "--require-signature", keys[1]).stdout
    assert "bounds of base and patched on 1 of 10 outputs" in text
    assert "NOT proved again: 'p' over 'r': proved" in text
    with pytest.raises(ClaimError):
        with_bounds(whole[:-3], {})


def resealed(path, change):
    values = loads(path.read_bytes())
    change(values)
    path.write_bytes(dumps(seal(values)))


UNVERIFIED = {
    "a profile": (lambda v: v.update(profile="nonsense\x1b[2J"), "profile 'nonsense\\x1b[2J'"),
    "a target": (lambda v: v["target"].update(reference="none\x1b"), "target is no path"),
    "no such target": (lambda v: v["target"].update(reference="nowhere"), "no target 'nowhere'"),
    "a path": (lambda v: v["target"].update(reference="./target.toml"), "a target of its own"),
    "this folder": (lambda v: v["target"].update(reference=".."), "no target '..' is installed"),
    "a bound of nothing": (
        lambda v: v.update(bounds=[{
            "property": "the certificate holds", "region": "x", "verdict": "proved", "outputs": [],
            "compared": ["base", "patched"], "low": [0] * 64, "high": [0] * 64,
        }]),
        "bounds no output",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNVERIFIED)
def test_what_cannot_be_checked_is_not_verified(copy, what):
    change, message = UNVERIFIED[what]
    resealed(copy / "certificate.json", change)
    done = mendlite("check", copy / "certificate.json", ok=1 if what == "a target" else 7)
    assert message in done.stderr
    assert WHOLE not in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_the_draw_is_printed_and_repeated(copy):
    path = copy / "certificate.json"
    one, two = (mendlite("check", path, "--samples", 20).stdout for _ in range(2))
    seeds = [line for line in (one + two).splitlines() if line.startswith("draw: seed ")]
    assert len(set(seeds)) == 2
    text = mendlite("check", path, "--samples", 20, "--draw-seed", seeds[0].split()[2]).stdout
    assert text == one
    assert text.endswith("(on 20 of 197 selection samples, 20 of 700 validation samples)\n")
    assert "missed with probability 0.22 (51 of them), 0.97 (1 of them), 0.75 (10" in text
    assert mendlite("check", path, "--all").stdout.endswith(WHOLE + "\n")
    assert "exclude" in mendlite("check", path, "--all", "--samples", 2, ok=2).stderr


def test_another_base_than_the_targets_is_said(copy):
    """A reverted repair has a true certificate of other files: not of this target's base."""
    base, patched = DIGITS / "int8.tflite", copy / "repaired.tflite"
    values = loads((copy / "certificate.json").read_bytes())
    files = values["files"]
    files["base"], files["patched"] = (
        {**files["base"], "sha256": files["patched"]["sha256"]},
        {**files["patched"], "sha256": files["base"]["sha256"]},
    )
    (copy / "certificate.json").write_bytes(dumps(seal(values)))
    other = copy / "other.tflite"
    other.write_bytes(patched.read_bytes())
    patched.write_bytes(base.read_bytes())
    failed = mendlite("check", copy / "certificate.json", ok=1).stderr
    assert "the base file is not the certificate's" in failed


def bomb(kind):
    """A certificate's file that costs much to read."""
    return {
        "deep": b"[" * 2_000_000,
        "deep tables": b'{"a":' * 200_000,
        "many": b"[" + b"[]," * 9_000_000 + b"0]",
        "a huge number": b'{"format":"mendlite-certificate","version":' + b"9" * 5_000_000 + b"}",
        "long": b'{"format":"' + b"\\u0041" * 2_000_000 + b'"}',
        "twice": b'{"format":"mendlite-certificate","version":1,' + b'"a":1,' * 500_000 + b'"a":1}',
        "infinite": b'{"format":"mendlite-certificate","version":Infinity}',
        "overflowing": b'{"format":"mendlite-certificate","version":1e999}',
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["deep", "deep tables", "many", "a huge number", "long", "twice", "infinite", "overflowing"],
)
def test_a_bomb_is_one_short_line(tmp_path, kind):
    path = tmp_path / "certificate.json"
    path.write_bytes(bomb(kind))
    failed = mendlite("check", path, ok=1)
    assert len(failed.stderr) < 600 + len(str(path))


def test_fewer_repair_samples_are_the_same_ones(tmp_path):
    mendlite("repair", "digits", "--strategy", "bias", "--out", tmp_path, "--samples", 50)
    text = mendlite("check", tmp_path / "certificate.json").stdout
    assert "samples: 50 repair, 197 selection, 700 validation" in text
    assert WHOLE in text


def test_the_real_data_are_found(data_root, tmp_path):
    out = tmp_path / "out"
    root = {"MENDLITE_DATA": str(data_root)}
    mendlite("repair", "mlperf_kws", "--strategy", "bias", "--out", out, **root)
    path = out / "certificate.json"
    assert WHOLE in mendlite("check", path, "--data", data_root, "--samples", 20).stdout
    base = data_root / "models/mlperf_kws/kws_ref_model.tflite"
    text = mendlite("check", path, "--base", base, ok=7).stdout
    assert "NOT computed again: no data: target mlperf_kws needs models" in text
