"""Runs on a host: everything that a rollback promises to bring back, as JSON. Says nothing of what always moves.

With the argument ``untouched``: every file with its times as well, for what promises to write nothing. That says
nothing of what any login writes.
"""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

TREES = [
    "/etc", "/usr", "/boot", "/root", "/home", "/opt", "/srv", "/var/lib/pam", "/var/lib/aide", "/var/spool",
    "/var/cache/cracklib", "/lib/modules",
]  # fmt: skip
MOVING = {
    "/etc/.pwd.lock",
    "/etc/mtab",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/etc/ld.so.cache",  # made anew by ldconfig; its folder's time with it
    "/usr/share/info/dir",
    "/usr/share/info/dir.old",
}
HASHED = 256 << 10  # bytes; of packages' own larger files the size is compared: to hash all takes minutes in software
CACHES = ("/__pycache__", "/root/.ansible", "/home/exploitation/.ansible", "/usr/share/man", "/usr/share/mime")
NOT_FILES = ("/dev", "/proc", "/run", "/sys")
LOGS = ("auth.log", "btmp", "cron.log", "lastlog", "messages", "secure", "syslog", "user.log", "wtmp")
BY_LOGINS = ("/var/log/audit/", "/var/log/journal/", *(f"/var/log/{name}" for name in LOGS))


def tree():
    found = {}
    for top in TREES:
        for folder, folders, names in os.walk(top):
            for path in [f"{folder}/{name}" for name in [*folders, *names]]:
                if path not in MOVING and not any(cache in path for cache in CACHES):
                    found[os.fsencode(path).decode("latin-1")] = one(path)
    return found


def one(path):
    status = os.lstat(path)
    told = [oct(status.st_mode), status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        told.append(str(Path(path).readlink()))
    elif path.startswith("/usr") and status.st_size > HASHED:
        told.append(status.st_size)
    elif stat.S_ISREG(status.st_mode):
        told.append(hashlib.sha256(Path(path).read_bytes()).hexdigest())
    if path.startswith("/etc"):
        told += [status.st_mtime_ns, sorted(os.listxattr(path, follow_symlinks=False))]
    return told


def untouched():
    found = {}
    for folder, folders, names in os.walk("/"):
        top = folder.rstrip("/")
        folders[:] = [name for name in folders if f"{top}/{name}" not in NOT_FILES]
        for path in [f"{top}/{name}" for name in [*folders, *names]]:
            if not path.startswith(BY_LOGINS):
                found[os.fsencode(path).decode("latin-1")] = with_times(path)
    return found


def with_times(path):
    status = os.lstat(path)
    told = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, status.st_ctime_ns]
    if stat.S_ISLNK(status.st_mode):
        return [*told, str(Path(path).readlink())]
    return [*told, hashlib.sha256(Path(path).read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else ""]


def printed(*command):
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def sysctls():
    found = dict(line.partition(" = ")[::2] for line in printed("sysctl", "-a").splitlines())
    moving = (
        "fs.aio-nr", "fs.dentry", "fs.file-nr", "fs.inode", "fs.quota", "kernel.ns_last_pid", "kernel.pty.nr",
        "kernel.random", "net.ipv4.tcp_fastopen_key", "net.netfilter.nf_conntrack_count", "stable_secret",
    )  # fmt: skip
    return {key: value for key, value in found.items() if not key.startswith(moving)}


def mounts():
    listed = printed("findmnt", "-rn", "-t", "ext4,tmpfs", "-o", "TARGET,VFS-OPTIONS").splitlines()
    return sorted(line for line in listed if not line.startswith("/run/"))


def units():
    listed = printed("systemctl", "list-unit-files", "--no-legend", "--plain").splitlines()
    return [line for line in listed if line.split()[1:2] != ["transient"]]  # sessions come and go


STATE = {
    "tree": tree,
    "packages": lambda: printed("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\n").splitlines(),
    "manual": lambda: printed("apt-mark", "showmanual").split(),
    "units": units,
    "running": lambda: sorted(
        line.split()[0]
        for line in printed(
            "systemctl", "list-units", "--type=service", "--state=running", "--no-legend", "--plain"
        ).splitlines()
        if not line.startswith(("user@", "session-"))
    ),
    "mounts": mounts,
    "audit": lambda: printed("auditctl", "-l").splitlines(),
    "overrides": lambda: printed("dpkg-statoverride", "--list").splitlines(),
    "listening": lambda: sorted({line.split()[3] for line in printed("ss", "-Htln").splitlines()}),
    "sysctls": sysctls,
    "firewall": lambda: printed("nft", "-s", "list", "ruleset"),
}

if __name__ == "__main__":
    looks = dict(STATE)
    if sys.argv[1:] == ["untouched"]:
        looks["tree"] = untouched
        del looks["manual"]  # apt-mark writes apt's cache
    json.dump({subject: look() for subject, look in looks.items()}, sys.stdout)
