"""Runs on a guest: everything that a rollback promises to bring back, as JSON. Says nothing of what always moves."""

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


def printed(*command):
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def sysctls():
    found = dict(line.partition(" = ")[::2] for line in printed("sysctl", "-a").splitlines())
    moving = ("fs.dentry", "fs.inode", "fs.file-nr", "kernel.random", "fs.quota", "kernel.ns_last_pid", "stable_secret")
    return {key: value for key, value in found.items() if not key.startswith(moving)}


def mounts():
    listed = printed("findmnt", "-rn", "-t", "ext4,tmpfs", "-o", "TARGET,VFS-OPTIONS").splitlines()
    return sorted(line for line in listed if not line.startswith("/run/"))


STATE = {
    "tree": tree,
    "packages": lambda: printed("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\n").splitlines(),
    "manual": lambda: printed("apt-mark", "showmanual").split(),
    "units": lambda: printed("systemctl", "list-unit-files", "--no-legend", "--plain").splitlines(),
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
    json.dump({subject: look() for subject, look in STATE.items()}, sys.stdout)
