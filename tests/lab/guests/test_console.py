"""Host keys from a console log: what a guest's cloud-init printed, and nothing that only looks like it."""

import base64

import pytest

from infra.lab.guests.console import BEGIN, END, HostKey, host_keys, known_hosts, printable
from infra.lab.problem import LabError


def body(algorithm="ssh-ed25519", key=b"k" * 32):
    parts = (algorithm.encode(), key)
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


def block(*lines):
    return "\r\n".join(["boot", BEGIN, *lines, END, "login: "])


GOOD = f"ssh-ed25519 {body()} root@guest"


def test_the_keys_between_the_marks_are_the_hosts():
    ecdsa = f"ecdsa-sha2-nistp256 {body('ecdsa-sha2-nistp256')} root@guest"

    assert host_keys(block(GOOD, ecdsa)) == (
        HostKey(algorithm="ecdsa-sha2-nistp256", body=body("ecdsa-sha2-nistp256")),
        HostKey(algorithm="ssh-ed25519", body=body()),
    )


def test_a_log_that_ends_before_the_last_mark_announces_nothing_yet():
    whole = block(GOOD)

    assert host_keys(whole[: whole.index(END)]) == ()
    assert host_keys(whole) != ()


def test_the_kernels_messages_between_the_lines_are_passed_over():
    assert host_keys(block("[   71.4] virtio_net eth0: up", GOOD, "[   71.5] audit: type=1400")) == host_keys(
        block(GOOD)
    )


def test_the_same_keys_printed_at_two_boots_are_the_hosts():
    assert host_keys(block(GOOD) + block(GOOD)) == host_keys(block(GOOD))


def test_two_blocks_that_disagree_are_refused():
    other = f"ssh-ed25519 {body(key=b'x' * 32)} root@guest"

    with pytest.raises(LabError, match="two different host keys"):
        host_keys(block(GOOD) + block(other))


@pytest.mark.parametrize(
    "line",
    [
        f"@cert-authority * {GOOD}",
        f"* {GOOD}",
        f"ssh-ed25519  {body()}",
        f" {GOOD}",
        f"ssh-ed25519 {body()[:-2]}!!",
        f"ssh-ed25519 {body('ssh-rsa')}",
        f"ssh-dss {body('ssh-dss')}",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 AAAA",
        f"ssh-rsa {body('ssh-rsa', b'k' * 4000)}",
        f"ssh-ed25519 {body()}\x0b* ssh-ed25519 {body()}",
        f"\x1b[2K{GOOD}",
    ],
)  # fmt: skip
def test_a_line_that_is_no_whole_key_is_no_key(line):
    assert host_keys(block(line)) == ()


@pytest.mark.parametrize(
    "log",
    [
        f"x{BEGIN}\n{GOOD}\n{END}\n",
        f"[1.2] cloud-init: {BEGIN}\n{GOOD}\n{END}\n",
        f"{BEGIN} \n{GOOD}\n{END}\n",
        f"{END}\n{GOOD}\n{BEGIN}\n",
    ],
)
def test_what_only_quotes_the_marks_opens_no_block(log):
    assert host_keys(log) == ()


def test_no_line_of_a_known_hosts_file_says_more_than_one_host_and_one_key():
    hostile = f"ssh-ed25519 {body()} root@guest *\x85@cert-authority * {GOOD}"

    lines = known_hosts(host_keys(block(hostile)), "127.0.0.1", 2222)

    assert lines == f"[127.0.0.1]:2222 ssh-ed25519 {body()}\n"


def test_the_port_of_ssh_itself_is_left_out_of_known_hosts():
    assert known_hosts(host_keys(block(GOOD)), "10.0.0.5", 22) == f"10.0.0.5 ssh-ed25519 {body()}\n"


def test_a_console_cannot_steer_the_terminal_that_shows_it():
    assert printable("caf\xe9\r\n\x1b]0;owned\x07\x9b2J\ttab") == "caf\xe9\n?]0;owned??2J\ttab"
