"""Host keys of servers that boot are waited for once: only a first boot announces them."""

import base64
from types import SimpleNamespace

import pytest

from infra.errors import CloudError
from infra.hosts.first_login import remember
from infra.lab.guests import console


def cloud(**logs):
    """One whose servers have said this on their consoles."""
    return SimpleNamespace(compute=SimpleNamespace(get_server_console_output=lambda server: {"output": logs[server]}))


def announced(body):
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", body * 32))
    return f"{console.BEGIN}\nssh-ed25519 {base64.b64encode(whole).decode()}\n{console.END}\n"


def test_a_server_that_boots_again_is_not_asked_again_and_one_that_was_rebuilt_is(tmp_path):
    file = tmp_path / "known_hosts"
    remember(cloud(one=announced(b"a")), {"10.0.0.5": "one"}, file, patience=0)
    known = file.read_text()

    remember(cloud(one="booted again", two=announced(b"b")), {"10.0.0.5": "one", "10.0.0.6": "two"}, file, patience=0)

    assert file.read_text().startswith(known)
    assert file.read_text().endswith(" two\n")
    with pytest.raises(CloudError, match=r"10\.0\.0\.5 after 0 s"):
        remember(cloud(three=""), {"10.0.0.5": "three"}, file, patience=0)
    assert file.read_text().startswith(known)
