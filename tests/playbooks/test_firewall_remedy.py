"""R80's firewall beside what a host loads itself: the real tasks, nft and files, over a copy of /etc of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from playing import PLAYBOOKS

ROLE = PLAYBOOKS / "roles/network"
OF_THE_PACKAGE = """\
#!/usr/sbin/nft -f

flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter;
	}
	chain forward {
		type filter hook forward priority filter;
	}
	chain output {
		type filter hook output priority filter;
	}
}
"""
OF_A_ROUTER = """\
#!/usr/sbin/nft -f
flush ruleset
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname "eth0" masquerade
	}
}
"""
HELD = ["incoming-traffic-dropped-by-default", "only-declared-flows-enter"]
FACTS = {"administration": "10.64.0.0/22", "flows_in": [{"from": "0.0.0.0/0", "ports": ["443/tcp"]}], "trusted": []}
IN_PLACE = """\
set -e
mount -t overlay overlay -o lowerdir=/etc,upperdir="$1"/upper,workdir="$1"/work /etc
{before}
for each in 1 2; do ansible-playbook -c local -i "$1"/hosts.json "$1"/book.json; done
nft list ruleset > "$1"/loaded
nft -f /etc/nftables.conf
nft list ruleset > "$1"/booted
cp /etc/nftables.conf "$1"/kept
"""


@pytest.fixture
def remedied(tmp_path):
    """``remedied(conf)``: the file after the remedy, the tables loaded by then, and those of the next start.

    ``held`` are the rules that no deviation covers.
    """
    if os.geteuid() or not shutil.which("nft"):
        pytest.skip("needs root and nft (package nftables) for namespaces")
    for name in ("upper", "work"):
        (tmp_path / name).mkdir()
    for name in ("templates", "files"):
        (tmp_path / name).symlink_to(ROLE / name)
    tasks = yaml.safe_load((ROLE / "tasks/R80.yml").read_text())
    handlers = yaml.safe_load((ROLE / "handlers/main.yml").read_text())
    asked = {"settings": {"R80": {"firewall_policy": {}}}}
    play = {
        "name": "Test", "hosts": "all", "gather_facts": False, "handlers": handlers,
        "tasks": [task for task in tasks if "ansible.builtin.systemd_service" not in task],
        "vars": {"joliba": {"facts": FACTS}, "joliba_asked": asked},
    }  # fmt: skip
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"host": {}}}}))

    def run(conf, held=HELD):
        play["vars"]["joliba_remedy"] = {"rules": [], "held": held}
        (tmp_path / "book.json").write_text(json.dumps([play]))
        (tmp_path / "conf").write_text(conf or "")
        before = 'cat "$1"/conf > /etc/nftables.conf' if conf is not None else "rm -f /etc/nftables.conf"
        done = subprocess.run(
            ["unshare", "--mount", "--net", "sh", "-c", IN_PLACE.format(before=before), "sh", tmp_path],
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return [(tmp_path / name).read_text() for name in ("kept", "loaded", "booted")]

    return run


@pytest.mark.parametrize("conf", [OF_THE_PACKAGE, None])
def test_a_host_without_rules_of_its_own_loads_ours_alone_and_flushes_nothing(remedied, conf):
    kept, loaded, booted = remedied(conf)

    assert kept == (ROLE / "files/nftables.conf").read_text()
    assert loaded == booted
    assert [line for line in booted.splitlines() if line.startswith("table")] == ["table inet joliba {"]


def test_a_routers_own_rules_stay_and_are_loaded_beside_ours_at_the_next_start(remedied):
    kept, loaded, booted = remedied(OF_A_ROUTER)

    assert kept == f'{OF_A_ROUTER}include "/etc/nftables-joliba.conf"\n'
    assert loaded.startswith("table inet joliba {")
    assert "masquerade" in booted
    assert "table inet joliba {" in booted


@pytest.mark.parametrize("covered", HELD)
def test_where_a_deviation_lets_in_more_nothing_is_shut(remedied, covered):
    kept, loaded, _ = remedied(OF_A_ROUTER, [rule for rule in HELD if rule != covered])

    assert (kept, loaded) == (OF_A_ROUTER, "")
