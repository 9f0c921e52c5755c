"""Mandatory access control: AppArmor and SELinux, as the kernel enforces them and as they are configured."""

from __future__ import annotations

import os
import re

from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, lines_of, output, text_of

_PROFILES = "/sys/kernel/security/apparmor/profiles"
_MODES = re.compile(r"(.*) \((\w+)\)")


def active(_: object) -> Observed:
    """Which system of mandatory access control the kernel enforces: ``apparmor``, ``selinux``, or None."""
    if (text_of("/sys/module/apparmor/parameters/enabled") or "").strip() == "Y" and text_of(_PROFILES):
        return Observed(effective="apparmor")
    return Observed(effective="selinux" if (text_of("/sys/fs/selinux/enforce") or "").strip() == "1" else None)


def apparmor_profiles(mode: str) -> Observed:
    """Loaded profiles that are in a mode: ``complain``, ``unconfined``, ``enforce``."""
    text = text_of(_PROFILES)
    if text is None:
        raise NotApplicable("the kernel has no AppArmor")
    found = (_MODES.fullmatch(line.strip()) for line in text.splitlines())
    return Observed(effective=[said[1] for said in found if said and said[2] == mode])


def selinux(key: str) -> Observed:
    """``mode`` (``enforcing``…) or ``policy`` (``targeted``…), now and after a reboot."""
    if not os.path.isdir(at("/sys/fs/selinux")):
        raise NotApplicable("the kernel has no SELinux")
    configured = dict(line.split("=", 1) for line in lines_of("/etc/selinux/config") if "=" in line)
    if key == "policy":
        return Observed(persistent=configured.get("SELINUXTYPE"))
    enforced = (text_of("/sys/fs/selinux/enforce") or "").strip()
    return Observed({"1": "enforcing", "0": "permissive"}.get(enforced), configured.get("SELINUX"))


def selinux_boolean(name: str) -> Observed:
    """A boolean of the policy, ``on`` or ``off``."""
    text = text_of(f"/sys/fs/selinux/booleans/{name}")
    if text is None:
        raise NotApplicable(f"the policy has no boolean {name}")
    words = ["on" if each == "1" else "off" for each in text.split()]
    return Observed(words[0], words[-1]) if words else Observed(None)


def selinux_login(login: str) -> Observed:
    """The SELinux user that a login is confined to, like ``user_u``."""
    if not os.path.isdir(at("/sys/fs/selinux")):
        raise NotApplicable("the kernel has no SELinux")
    lines = (line.split() for line in output("semanage", "login", "--list", "--noheading").splitlines())
    return Observed(persistent=next((words[1] for words in lines if len(words) > 1 and words[0] == login), None))


PROBES = {
    "mandatory_access_control": active,
    "apparmor_profiles": apparmor_profiles,
    "selinux": selinux,
    "selinux_boolean": selinux_boolean,
    "selinux_login": selinux_login,
}
