"""What is exposed to the network: sshd, sockets and the firewall."""

import json
import os
import shutil
import subprocess

import pytest
from host_state import CATALOGUE, FACTS
from jinja2 import Environment, FileSystemLoader
from rule_states.network import LINK, RUNNING, SSH, WEB, match, ruleset
from rule_states.state import UNIT_FOLDER, State

from infra.environment import CHECKOUT
from infra.hosts.asking import remedies

SSHD = """\
port 22
permitemptypasswords no
pubkeyauthentication yes
passwordauthentication no
maxauthtries 4
logingracetime 60
loglevel VERBOSE
banner /etc/issue.net
disableforwarding yes
ciphers aes256-gcm@openssh.com,aes128-ctr
macs hmac-sha2-512-etm@openssh.com
kexalgorithms curve25519-sha256,sntrup761x25519-sha512@openssh.com
hostkeyalgorithms ssh-ed25519,rsa-sha2-512
allowgroups administrateurs
"""
WRONG = [
    ("ssh-asks-for-keys", "passwordauthentication no", "passwordauthentication yes"),
    ("ssh-tries-limited", "maxauthtries 4", "maxauthtries 6"),
    ("ssh-login-timed", "logingracetime 60", "logingracetime 0"),
    ("ssh-logs-keys", "loglevel VERBOSE", "loglevel INFO"),
    ("ssh-shows-banner", "banner /etc/issue.net", "banner none"),
    ("ssh-forwards-nothing", "disableforwarding yes", "disableforwarding no"),
    ("ssh-ciphers-strong", "aes128-ctr", "chacha20-poly1305@openssh.com"),
    ("ssh-macs-strong", "hmac-sha2-512-etm@openssh.com", "hmac-sha1"),
    ("ssh-key-exchanges-strong", "curve25519-sha256,", "diffie-hellman-group14-sha1,"),
    ("ssh-host-keys-strong", "rsa-sha2-512", "ssh-rsa"),
    ("ssh-only-for-its-groups", "allowgroups administrateurs", "allowgroups administrateurs\nallowgroups wheel"),
    ("ssh-only-for-its-groups", "allowgroups administrateurs\n", ""),
]


@pytest.mark.parametrize(("rule", "right", "wrong"), WRONG)
def test_what_sshd_says_decides(host, rule, right, wrong):
    host.says("sshd -T", SSHD)
    assert host.judged(rule) == "pass"

    host.says("sshd -T", SSHD.replace(right, wrong))
    assert host.judged(rule) == "fail"


def test_a_broken_configuration_of_sshd_is_no_pass(host):
    host.says("sshd -T", "", code=255)
    assert host.judged("ssh-asks-for-keys") == "unmeasured"


def test_a_bastion_may_forward(host):
    host.says("sshd -T", SSHD.replace("disableforwarding yes", "disableforwarding no"))
    assert host.judged("ssh-forwards-nothing", role="bastion") == "not-applicable"


SOCKETS = """\
udp UNCONN 0 0 127.0.0.1:323 0.0.0.0:* users:(("chronyd",pid=590,fd=5))
udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=400,fd=13))
udp UNCONN 0 0 10.0.2.15%ens3:68 0.0.0.0:* users:(("systemd-network",pid=380,fd=20))
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=700,fd=3))
tcp LISTEN 0 511 *:443 *:* users:(("nginx",pid=800,fd=6),("nginx",pid=799,fd=6))
tcp LISTEN 0 128 [::1]:631 [::]:* users:(("cupsd",pid=900,fd=7))
"""


def test_ports_are_compared_with_the_declared_ones(host):
    host.says("ss -H", SOCKETS)
    assert host.judged("only-declared-ports-listen") == "pass"
    assert host.judged("only-declared-ports-listen", listening=[]) == "fail"
    assert "443/tcp (nginx, *)" in host.verdict("only-declared-ports-listen", listening=[])["effective"]
    assert host.judged("only-declared-ports-listen", listening=["400-500/udp"]) == "fail"
    assert host.judged("only-declared-ports-listen", listening=["400-500/tcp"]) == "pass"
    assert host.judged("only-declared-ports-listen", listening=None) == "unmeasured"


def test_without_ss_sockets_are_not_measured(host):
    assert host.judged("only-declared-ports-listen") == "unmeasured"


def test_a_line_of_ss_that_is_cut_off_is_passed_over(host):
    host.says("ss -H", f"{SOCKETS}tcp LISTEN\n\ntcp LISTEN 0 5 0.0.0.0:25 0.0.0.0:*\n")
    assert "25/tcp (the kernel, 0.0.0.0)" in host.verdict("only-declared-ports-listen")["effective"]


@pytest.fixture
def started(host):
    State({LINK: "", f"{UNIT_FOLDER}/nftables.service": ""}, {"systemctl list-units": RUNNING}).put(host)


@pytest.fixture
def rendered(host):
    """The remedy's own file for a host of a role that has no firewall yet."""
    folder = CHECKOUT / "playbooks" / "roles" / "network" / "templates"
    template = Environment(  # noqa: S701  not HTML
        loader=FileSystemLoader(folder), trim_blocks=True, keep_trailing_newline=True
    ).get_template("nftables-joliba.conf.j2")

    def render(role="guest", **facts):
        facts = {**FACTS, **facts}
        found = [host.verdict(rule, role) for rule in CATALOGUE.recommendations["R80"].rules]
        asked = remedies(CATALOGUE, found, facts)
        return template.render(joliba={"facts": facts}, joliba_asked=asked)

    return render


def loaded(text, tmp_path):
    """What the kernel has after a file was loaded, in a network namespace of its own."""
    if os.geteuid() or not shutil.which("nft"):
        pytest.skip("needs root and nft (package nftables) for a network namespace")
    file = tmp_path / "nftables.conf"
    file.write_text(text, encoding="utf-8")
    command = ["unshare", "--net", "sh", "-c", 'nft -f "$1" && nft -f "$1" && nft -j list ruleset', "sh", str(file)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


FLOWS = [
    {"from": "10.1.0.0/16", "ports": ["443/tcp", "8000-8010/udp"]},
    {"from": "0.0.0.0/0", "ports": ["80/tcp"]},
    {"from": "10.9.9.9/32", "ports": ["80/tcp"]},
    {"from": "fd00:12::/64", "ports": ["80/tcp"]},
    {"from": "::/0", "ports": ["443/tcp"]},
]


@pytest.mark.usefixtures("started")
def test_the_firewall_that_is_written_is_the_one_that_is_asked_for(host, rendered, tmp_path):
    real = loaded(rendered(flows_in=FLOWS), tmp_path)

    host.says("nft -j list ruleset", real)
    host.says("unshare --net", real)

    rules = ["incoming-traffic-dropped-by-default", "forwarded-traffic-dropped-by-default", "only-declared-flows-enter"]
    assert [host.judged(rule, flows_in=FLOWS) for rule in rules] == ["pass"] * 3
    fewer = host.verdict("only-declared-flows-enter", flows_in=FLOWS[:3])
    assert fewer["effective"] == "missing: none; undeclared: ::/0 443/tcp, fd00:12::/64 80/tcp"


TRUSTED = ["interface br-*", "interface docker0", "protocol 112", "protocol 89"]


@pytest.mark.usefixtures("started")
def test_a_container_hosts_bridges_and_a_routers_protocols_come_in_where_the_role_says_so(host, rendered, tmp_path):
    real = loaded(rendered(flows_in=FLOWS, trusted=TRUSTED), tmp_path)
    host.says("nft -j list ruleset", real)
    host.says("unshare --net", real)

    assert host.judged("only-declared-flows-enter", flows_in=FLOWS, trusted=TRUSTED) == "pass"
    told = host.verdict("only-declared-flows-enter", flows_in=FLOWS)["effective"]
    assert told == f"missing: none; undeclared: {', '.join(TRUSTED)}"


@pytest.mark.parametrize(
    ("role", "hooks"),
    [
        ("guest", {"input", "forward"}), ("bastion", {"input", "forward"}),
        ("container-host", {"input"}), ("router", {"input"}), ("hypervisor", {"input"}),
    ],
)  # fmt: skip
def test_what_passes_through_is_left_to_hosts_that_are_there_for_it(rendered, tmp_path, role, hooks):
    found = json.loads(loaded(rendered(role), tmp_path))["nftables"]

    chains = {each["chain"]["hook"]: each["chain"]["policy"] for each in found if "chain" in each}
    assert chains == dict.fromkeys(hooks, "drop")


@pytest.mark.usefixtures("started")
def test_a_flow_too_many_or_too_few_fails_now_and_after_a_reboot(host):
    host.says("nft -j list ruleset", ruleset(SSH, WEB))
    host.says("unshare --net", ruleset(SSH, WEB))
    assert host.judged("only-declared-flows-enter") == "pass"

    host.says("unshare --net", ruleset(SSH))
    assert host.verdict("only-declared-flows-enter")["why"] == "not after a reboot"

    host.says("unshare --net", ruleset(SSH, WEB))
    host.says("nft -j list ruleset", ruleset(SSH, WEB, [match("tcp", "dport", 25), {"accept": None}]))
    assert "anywhere 25/tcp" in host.verdict("only-declared-flows-enter")["effective"]

    host.says("nft -j list ruleset", ruleset(SSH, WEB, [{"accept": None}]))
    assert host.judged("only-declared-flows-enter") == "fail"


@pytest.mark.usefixtures("started")
def test_a_firewall_that_is_not_started_with_the_host_is_none(host):
    (host.root / LINK.lstrip("/")).unlink()
    host.says("nft -j list ruleset", ruleset(SSH, WEB))
    assert host.verdict("incoming-traffic-dropped-by-default")["why"] == "not after a reboot"
    assert host.judged("firewall-started-with-the-host") == "fail"


@pytest.mark.usefixtures("started")
def test_a_firewalls_file_that_does_not_load_is_none(host):
    host.says("nft -j list ruleset", ruleset(SSH, WEB))
    host.says("unshare --net", "", code=99)
    assert host.judged("incoming-traffic-dropped-by-default") == "fail"
    host.says("unshare --net", "", code=1)
    assert host.judged("incoming-traffic-dropped-by-default") == "unmeasured"


@pytest.mark.usefixtures("started")
def test_no_nft_is_no_firewall(host):
    assert host.judged("incoming-traffic-dropped-by-default") == "fail"
    host.says("nft -j list ruleset", "not JSON")
    assert host.judged("incoming-traffic-dropped-by-default") == "unmeasured"


@pytest.mark.usefixtures("started")
def test_an_open_input_fails(host):
    host.says("nft -j list ruleset", ruleset(SSH, policy="accept"))
    host.says("unshare --net", ruleset(SSH, policy="accept"))
    assert host.judged("incoming-traffic-dropped-by-default") == "fail"


@pytest.mark.usefixtures("started")
def test_a_firewall_for_one_family_alone_is_open_to_the_other(host):
    def judged(*families):
        tables = [row for family in families for row in json.loads(ruleset(SSH, family=family))["nftables"]]
        for command in ("nft -j list ruleset", "unshare --net"):
            host.says(command, json.dumps({"nftables": tables}))
        return host.judged("incoming-traffic-dropped-by-default")

    assert [judged("ip"), judged("ip6")] == ["fail", "fail"]
    assert [judged("inet"), judged("ip", "ip6"), judged("ip", "inet")] == ["pass"] * 3


MAP = {"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[3306, {"accept": None}]]}}}
LOOPBACK = {"left": {"meta": {"key": "iifname"}}, "right": "lo"}


@pytest.mark.parametrize(
    "others",
    [
        [MAP], [{"match": {"op": "!=", **LOOPBACK}}, {"accept": None}], [{"queue": {"num": 0}}],
        [match("ip", "saddr", {"prefix": {"addr": "10.0.2.0", "len": 24}}, "!="), *SSH[1:]],
        [match("tcp", "dport", 22), {"xt": None}, {"accept": None}],
    ],
)  # fmt: skip
@pytest.mark.usefixtures("started")
def test_a_rule_that_lets_in_more_than_it_seems_to_is_told(host, others):
    def judged(*rules):
        for command in ("nft -j list ruleset", "unshare --net"):
            host.says(command, ruleset(*rules))
        return host.judged("only-declared-flows-enter")

    assert judged(SSH, WEB, [{"match": {"op": "==", **LOOPBACK}}, {"counter": None}, {"accept": None}]) == "pass"
    assert judged(SSH, WEB, others) == "fail"


@pytest.mark.parametrize(
    ("file", "block", "verdict"),
    [
        ("sshd_config", "PasswordAuthentication yes\nMatch all\n", "pass"),  # what is before counts for sshd -T
        ("sshd_config", "Match Address 10.0.0.0/8\n PasswordAuthentication yes\n", "unmeasured"),
        ("sshd_config", "match user awa\n passwordauthentication=yes\n", "unmeasured"),
        ("sshd_config.d/50-cloud.conf", "Match User awa\n\tPasswordAuthentication\tyes\n", "unmeasured"),
        ("sshd_config.d/50-cloud.conf", "Match User awa\n PasswordAuthentication no\n X11Forwarding yes\n", "pass"),
        ("sshd_config.d/00-joliba-B1.conf", "Match Group joliba-people\n PasswordAuthentication yes\n", "pass"),
        ("other.conf", "Match User awa\n PasswordAuthentication yes\n", "pass"),
    ],
)
def test_a_match_block_that_says_otherwise_leaves_nothing_sure(host, file, block, verdict):
    host.says("sshd -T", SSHD)
    host.file("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n")
    host.file(f"/etc/ssh/{file}", f"Include /etc/ssh/sshd_config.d/*.conf\n{block}")

    assert host.judged("ssh-asks-for-keys") == verdict


def test_the_banner_is_the_sites(host):
    host.file("/etc/issue.net", "Accès réservé. Toute connexion est journalisée.\n")
    assert host.judged("network-banner-is-the-sites") == "pass"
    assert host.judged("network-banner-is-the-sites", banner="Autre") == "fail"
    assert host.judged("console-banner-is-the-sites") == "fail"
