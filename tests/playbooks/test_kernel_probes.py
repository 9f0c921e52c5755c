"""Kernel parameters and build options, as a host has them and as it will."""

import gzip
from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba import kernel_builds, observing, sysctls
from ansible.module_utils.joliba.kernel_builds import kernel_option
from ansible.module_utils.joliba.observing import NotApplicable, Unmeasured
from ansible.module_utils.joliba.sysctls import (
    modules_locked,
    sysctl,
    sysctl_of_fixed_addresses,
    sysctl_of_unused_protocol,
)

RELEASE = "6.1.0-56-cloud-amd64"
LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n"
LINK_ONLY = "fe800000000000005054fffffe123456 02 40 20 80     eth0\n"
BY_HAND = "20010db8000000000000000000000005 02 40 00 80     eth0\n"
BY_ROUTER = "20010db8000000005054fffffe123456 02 40 00 00     eth0\n"
DISABLED = "net.ipv6.conf.all.disable_ipv6"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A host's files: ``tree(path, text)`` writes one."""
    monkeypatch.setattr(observing, "ROOT", str(tmp_path))
    monkeypatch.setattr(kernel_builds.os, "uname", lambda: SimpleNamespace(release=RELEASE, machine="x86_64"))
    tmp_path.joinpath("proc/sys").mkdir(parents=True)

    def write(path, text):
        for cached in (sysctls._lines, kernel_builds._options):
            cached.cache_clear()
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text) if isinstance(text, str) else file.write_bytes(text)

    yield write
    for cached in (sysctls._lines, kernel_builds._options):
        cached.cache_clear()


def test_a_parameter_is_told_as_it_is_and_as_it_will_be(tree):
    tree("/proc/sys/net/ipv4/ip_local_port_range", "32768\t65535\n")
    tree("/etc/sysctl.d/50-a.conf", "# no\nnet.ipv4.ip_local_port_range=1 2\n; no\n")
    tree("/etc/sysctl.d/60-b.conf", "  net/ipv4/ip_local_port_range  =  32768   65535 \n")

    observed = sysctl("net.ipv4.ip_local_port_range")

    assert (observed.effective, observed.persistent) == ("32768 65535", "32768 65535")


def test_a_parameter_that_no_file_sets_has_no_lasting_value(tree):
    tree("/proc/sys/kernel/sysrq", "0\n")

    assert sysctl("kernel.sysrq").persistent is None


def test_a_kernel_without_the_parameter_is_not_judged(tree):
    with pytest.raises(NotApplicable):
        sysctl("kernel.sysrq")


def test_a_packages_file_of_a_later_name_wins_and_one_of_the_same_name_is_hidden(tree):
    tree("/proc/sys/fs/protected_fifos", "2\n")
    tree("/etc/sysctl.d/60-ours.conf", "fs.protected_fifos = 2\n")
    tree("/usr/lib/sysctl.d/99-protect-links.conf", "fs.protected_fifos = 1\n")
    assert sysctl("fs.protected_fifos").persistent == "1"

    tree("/etc/sysctl.d/99-protect-links.conf", "\n")
    assert sysctl("fs.protected_fifos").persistent == "2"


def test_sysctl_conf_counts_where_sysctl_d_links_to_it_and_only_there(tree, tmp_path):
    tree("/proc/sys/kernel/sysrq", "1\n")
    tree("/etc/sysctl.conf", "kernel.sysrq = 0\n")
    tree("/etc/sysctl.d/10-a.conf", "kernel.sysrq = 1\n")
    assert sysctl("kernel.sysrq").persistent == "1"
    sysctls._lines.cache_clear()

    (tmp_path / "etc/sysctl.d/99-sysctl.conf").symlink_to("../sysctl.conf")
    assert sysctl("kernel.sysrq").persistent == "0"


def test_a_pattern_tells_every_interfaces_values(tree):
    for interface, value in {"all": "0", "default": "0", "eth0": "1", "lo": "0"}.items():
        tree(f"/proc/sys/net/ipv4/conf/{interface}/accept_redirects", value)
    name = "net.ipv4.conf.*.accept_redirects"
    assert sysctl(name).effective == "0, 1"

    tree("/proc/sys/net/ipv4/conf/eth0/accept_redirects", "0")
    tree("/etc/sysctl.d/a.conf", f"{name} = 0\n")
    assert (sysctl(name).effective, sysctl(name).persistent) == ("0", "0")


def test_a_pattern_sets_what_nothing_names_and_leaves_what_is_taken_out(tree):
    for interface in ("all", "eth0", "eth1"):
        tree(f"/proc/sys/net/ipv4/conf/{interface}/rp_filter", "1")
    tree("/etc/sysctl.d/a.conf", "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n")
    tree("/etc/sysctl.d/b.conf", "-net.ipv4.conf.eth0.rp_filter = 1\n")

    assert sysctl("net.ipv4.conf.all.rp_filter").persistent is None
    assert sysctl("net.ipv4.conf.eth0.rp_filter").persistent == "1"
    assert sysctl("net.ipv4.conf.eth1.rp_filter").persistent == "2"


def test_broken_lines_set_nothing(tree):
    tree("/proc/sys/kernel/sysrq", "0\n")
    tree("/etc/sysctl.d/a.conf", b"kernel.sysrq\n= 5\n\xff\xfe\n=\nkernel.sysrq==\n-\n" + b"x" * 100_000)

    assert sysctl("kernel.sysrq").persistent == "="


@pytest.mark.parametrize("addresses", ["", LOOPBACK + LINK_ONLY])
def test_ipv6_is_turned_off_where_nobody_uses_it(tree, addresses):
    tree("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0")
    tree("/proc/net/if_inet6", addresses)

    assert sysctl_of_unused_protocol(DISABLED).effective == "0"


@pytest.mark.parametrize("address", [BY_HAND, BY_ROUTER])
def test_ipv6_is_left_where_it_is_used(tree, address):
    tree("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0")
    tree("/proc/net/if_inet6", LOOPBACK + LINK_ONLY + address)

    with pytest.raises(NotApplicable, match="eth0"):
        sysctl_of_unused_protocol(DISABLED)


SOCKETS = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: {}:0019 00000000000000000000000000000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 1
"""
HERE, ANYWHERE = "00000000000000000000000001000000", "00000000000000000000000000000000"


@pytest.mark.parametrize(
    ("address", "state", "used"), [(HERE, "0A", True), (HERE, "01", False), (ANYWHERE, "0A", False)]
)
def test_ipv6_is_left_where_a_program_waits_at_its_loopback(tree, address, state, used):
    tree("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0")
    tree("/proc/net/if_inet6", LOOPBACK + LINK_ONLY)
    tree("/proc/net/tcp6", SOCKETS.format(address, state))

    if used:
        with pytest.raises(NotApplicable, match=r"\[::1\]:25"):
            sysctl_of_unused_protocol(DISABLED)
    else:
        assert sysctl_of_unused_protocol(DISABLED).effective == "0"


def test_advertisements_are_refused_only_where_no_address_comes_from_them(tree):
    tree("/proc/sys/net/ipv6/conf/all/autoconf", "0")
    tree("/proc/net/if_inet6", LOOPBACK + LINK_ONLY + BY_HAND)
    assert sysctl_of_fixed_addresses("net.ipv6.conf.all.autoconf").effective == "0"

    tree("/proc/net/if_inet6", LOOPBACK + BY_ROUTER)
    with pytest.raises(NotApplicable, match="eth0"):
        sysctl_of_fixed_addresses("net.ipv6.conf.all.autoconf")


def test_modules_are_locked_after_the_next_start_by_our_unit_or_by_a_file(tree, tmp_path):
    tree("/proc/sys/kernel/modules_disabled", "0")
    assert (modules_locked("").effective, modules_locked("").persistent) == ("0", None)

    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "joliba-R10.service").symlink_to("/etc/systemd/system/joliba-R10.service")
    assert modules_locked("").persistent == "1"


def test_an_option_is_told_of_the_running_kernel_and_of_all_installed_ones(tree):
    tree(f"/boot/config-{RELEASE}", 'CONFIG_BUG=y\n# CONFIG_DEBUG_SG is not set\nCONFIG_MODULE_SIG_HASH="sha512"\n')
    tree("/boot/config-6.1.0-57-cloud-amd64", "CONFIG_BUG=y\nCONFIG_DEBUG_SG=y\nCONFIG_BINFMT_MISC=m\n")

    told = {name: kernel_option(name) for name in ("BUG", "DEBUG_SG", "MODULE_SIG_HASH", "BINFMT_MISC")}

    assert {name: (each.effective, each.persistent) for name, each in told.items()} == {
        "BUG": ("y", "y"),
        "DEBUG_SG": ("n", "n, y"),
        "MODULE_SIG_HASH": ("sha512", "n, sha512"),
        "BINFMT_MISC": ("n", "m, n"),
    }


def test_a_kernel_from_outside_tells_its_options_itself(tree):
    tree("/proc/config.gz", gzip.compress(b"CONFIG_BUG=y\n"))

    assert kernel_option("BUG") == observing.Observed("y", observing.UNSEEN)


@pytest.mark.parametrize("broken", [None, b"no gzip", gzip.compress(b"CONFIG_BUG=y\n" * 9)[:-9]])
def test_a_kernel_that_does_not_tell_is_not_measured(tree, broken):
    if broken is not None:
        tree("/proc/config.gz", broken)

    with pytest.raises(Unmeasured):
        kernel_option("BUG")


def test_options_that_this_kernel_cannot_have_are_not_judged(tree):
    tree(f"/boot/config-{RELEASE}", "CONFIG_MITIGATION_RETPOLINE=y\n")

    with pytest.raises(NotApplicable, match=r"5\.5"):
        kernel_option({"name": "REFCOUNT_FULL", "until": "5.5"})
    with pytest.raises(NotApplicable, match="arm64"):
        kernel_option({"name": "RANDOMIZE_BASE", "machine": "arm64"})
    assert kernel_option({"name": "DEBUG_CREDENTIALS", "until": "6.7"}).effective == "n"
    assert kernel_option({"name": "RETPOLINE", "renamed": "MITIGATION_RETPOLINE"}).effective == "y"
