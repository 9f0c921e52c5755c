"""Independent judges of a hardened host: OpenSCAP with ComplianceAsCode's profiles, and Lynis.

Installed by the tests, never on the product's path. The scanner is Debian 12's, in the guest's image; the content is
the newer one of Debian 13, since only that has ANSSI-BP-028 for Debian 12.
"""

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from infra.environment import cache
from infra.lab.guests import Guest

PACKAGES = ("linux-base", "lynis", "openscap-scanner")
"""What the judges need in the guest."""
LEVELS = ("minimal", "intermediary", "enhanced", "high")
_SUITE = "trixie"
_PROFILE = "xccdf_org.ssgproject.content_profile_anssi_bp28_"
_RULE = "xccdf_org.ssgproject.content_rule_"
_NAMESPACE = "{http://checklists.nist.gov/xccdf/1.2}"
_SOURCES = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")


def content() -> Path:
    """The SCAP data stream for Debian 12, fetched once by apt from the machine's own mirror."""
    folder = cache() / "scap-content"
    found = folder / "content" / "usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml"
    if not found.is_file():
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(f"deb {_mirror()} {_SUITE} main\n")
        apt = [
            "apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=-",
            "-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}",
        ]  # fmt: skip
        subprocess.run([*apt, "update"], check=True, cwd=folder)
        subprocess.run([*apt, "download", "ssg-debian"], check=True, cwd=folder)
        (package,) = folder.glob("ssg-debian_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder / "content"], check=True)
    return found


def _mirror() -> str:
    for file in map(Path, _SOURCES):
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            words = line.split()
            if words[:1] in (["URIs:"], ["deb"]):
                return next(word for word in words if "://" in word)
    raise LookupError("no Debian mirror is configured")


def install(guest: Guest) -> None:
    """Put the content into a guest whose image has the scanner."""
    with content().open("rb") as stream:
        done = subprocess.run(
            [*guest.access.command(), "sudo install -D -m 0644 /dev/stdin /root/judge/ds.xml"],
            stdin=stream, capture_output=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr


def openscap(guest: Guest, level: str) -> dict[str, str]:
    """The judge's result of each rule of a level's profile: ``pass``, ``fail``, ``notapplicable``..."""
    guest.ssh(
        f"sudo sh -c 'cd /root/judge && oscap xccdf eval --profile {_PROFILE}{level} "
        "--results results.xml ds.xml >/dev/null 2>&1; test -s results.xml'",
        timeout=3600,
    )
    root = ET.fromstring(guest.ssh("sudo cat /root/judge/results.xml", timeout=300).stdout)  # noqa: S314  our guest's
    return {
        str(each.get("idref")).removeprefix(_RULE): str(each.findtext(f"{_NAMESPACE}result"))
        for each in root.iter(f"{_NAMESPACE}rule-result")
        if each.findtext(f"{_NAMESPACE}result") != "notselected"
    }


def lynis(guest: Guest) -> int:
    """Lynis' hardening index, 0 to 100."""
    report = "/var/log/lynis-report.dat"
    done = guest.ssh(
        f"sudo lynis audit system --quick --no-colors --quiet; sudo grep ^hardening_index= {report}", timeout=1800
    )
    return int(done.stdout.strip().rpartition("=")[2])
