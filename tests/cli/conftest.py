"""A signed repair of the digits, once for all tests of certificates."""

import pytest

from as_a_user import mendlite, write_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return write_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def signed(tmp_path_factory, keys):
    """The folder of a signed repair."""
    out = tmp_path_factory.mktemp("signed")
    mendlite("repair", "digits", "--strategy", "bias", "--out", out, "--sign", keys[0])
    return out


@pytest.fixture
def copy(signed, tmp_path):
    """The certificate and the patched file, to be spoiled."""
    for name in ("certificate.json", "repaired.tflite"):
        (tmp_path / name).write_bytes((signed / name).read_bytes())
    return tmp_path
