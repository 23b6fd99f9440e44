"""The command as a user runs it, in a process of its own, and keys to sign with."""

import os
from pathlib import Path

import ready_commands

ROOT = Path(__file__).parents[1]


DIGITS = ROOT / "targets" / "models" / "digits"


WORK = ("step", "working: ", "diagnosis:", "   ", *(f"{n}. " for n in range(1, 20)))
"""What lines begin with that tell what a repair is doing, or found before it."""


def without_work(text):
    """The text on stderr but for the lines that tell what is being done."""
    return "".join(x for x in text.splitlines(keepends=True) if not x.startswith(WORK))


def mendlite(*arguments, cwd=None, ok=0, **more):
    env = os.environ | {"MENDLITE_DATA": "", "PYTHONPATH": str(ROOT / "toolchain")} | more
    done = ready_commands.run(arguments, environment=env, cwd=cwd)
    assert done.returncode == ok, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if ok:
        errors = without_work(done.stderr)
        assert errors.startswith(("mendlite: error: ", '{"error": '))
        assert errors.count("\n") == 1
    return done


def write_keys(folder):
    """The paths of a new pair of PEM files."""
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private, public = folder / "key.pem", folder / "public.pem"
    private.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    form = s.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(s.Encoding.PEM, form))
    return private, public
