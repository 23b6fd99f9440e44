"""The command as a user runs it, in a process of its own, and keys to sign with."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


DIGITS = ROOT / "targets" / "models" / "digits"


def mendlite(*arguments, cwd=None, ok=0, **more):
    env = os.environ | {"MENDLITE_DATA": "", "PYTHONPATH": str(ROOT / "toolchain")} | more
    command = [sys.executable, "-m", "mendlite", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == ok, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if ok:
        # Before the work a repair prints its diagnosis there.
        lines = done.stderr.splitlines()
        assert lines[-1].startswith(("mendlite: error: ", '{"error": '))
        assert len(lines) == 1 or lines[0].startswith("diagnosis:")
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
