"""Independent judges of a host: OpenSCAP with ComplianceAsCode's profiles, and Lynis.

For the bench and the tests, never on the product's path. The scanner is Debian 12's, in the guest's image; the content
is the newer one of Debian 13, since only that has ANSSI-BP-028 for Debian 12.
"""

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from infra.environment import cache
from infra.lab.guests.access import Access
from infra.lab.problem import LabError
from infra.lab.processes import exclusive

PACKAGES = ("linux-base", "lynis", "openscap-scanner")
"""What the judges need in the guest."""
PASSED, FAILED = frozenset({"pass", "fixed"}), frozenset({"fail", "error", "unknown"})
"""What the judge says of a rule that applies; whatever it could not find out is no pass."""
VALUES = {"sysctl_net_ipv4_conf_all_arp_filter_value": "1"}
"""What the guide says (R12) where ComplianceAsCode's profiles ask for a rule and leave its value at the kernel's."""
_SUITE = "trixie"
_PROFILE = "xccdf_org.ssgproject.content_profile_anssi_bp28_"
_TAILORED = "xccdf_joliba_profile_"
_VALUE = "xccdf_org.ssgproject.content_value_"
_RULE = "xccdf_org.ssgproject.content_rule_"
_NAMESPACE = "{http://checklists.nist.gov/xccdf/1.2}"
_SOURCES = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
_FOLDER = "/root/judge"


def content() -> Path:
    """The SCAP data stream for Debian 12, fetched once by apt from the machine's own mirror.

    Raises:
        LabError: there is no mirror, or apt failed.
    """
    folder = cache() / "scap-content"
    found = folder / "content" / "usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml"
    with exclusive(cache() / "scap-content.lock"):
        if found.is_file():
            return found
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(f"deb {_mirror()} {_SUITE} main\n", encoding="utf-8")
        apt = [
            "apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=-",
            "-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}",
        ]  # fmt: skip
        _do([*apt, "update"], folder)
        _do([*apt, "download", "ssg-debian"], folder)
        (package,) = folder.glob("ssg-debian_*.deb")
        _do(["dpkg-deb", "-x", str(package), str(folder / "content")], folder)
    return found


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise LabError(f"the judge's rules: {' '.join(command)} ended with {done.returncode}: {done.stderr[-1000:]}")


def _mirror() -> str:
    for file in map(Path, _SOURCES):
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            words = line.split()
            if words[:1] in (["URIs:"], ["deb"]):
                return next(word for word in words if "://" in word)
    raise LabError("the judge's rules: no Debian mirror is configured")


def install(access: Access) -> None:
    """Put the content into a host whose image has the scanner; Lynis judges when it is asked, not from each boot on.

    Raises:
        LabError: it did not get there.
    """
    access.run(
        "sudo systemctl disable --quiet --now lynis.timer && sudo systemctl stop lynis.service"
        " && sudo systemctl reset-failed 'lynis.*'",
        timeout=600,
    )
    command = [*access.command(), f"sudo install -D -m 0644 /dev/stdin {_FOLDER}/ds.xml"]
    with content().open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise LabError(f"the judge's rules did not get into the host: {done.stderr[-1000:]}")


def tailoring(level: str) -> str:
    """A level's profile with all its rules, and `VALUES`, as the scanner takes it: XCCDF 1.2, ``_TAILORED`` + level."""
    values = "".join(f'<set-value idref="{_VALUE}{name}">{value}</set-value>' for name, value in VALUES.items())
    profile = (
        f'<Profile id="{_TAILORED}{level}" extends="{_PROFILE}{level}"><title>ANSSI-BP-028 {level}, the guide\'s values'
        f"</title>{values}</Profile>"
    )
    return (
        f'<Tailoring xmlns="{_NAMESPACE.strip("{}")}" id="xccdf_joliba_tailoring_{level}">'
        f'<version time="2026-11-26T00:00:00">1</version>{profile}</Tailoring>'
    )


def judge(access: Access, level: str) -> None:
    """Have the judge look at a host by a level's profile, with the guide's `VALUES`.

    Raises:
        LabError: it came to no result.
    """
    access.run(f"sudo tee {_FOLDER}/tailoring.xml >/dev/null", stdin=tailoring(level))
    access.run(
        f"sudo sh -c 'cd {_FOLDER} && rm -f results.xml && oscap xccdf eval --tailoring-file tailoring.xml "
        f"--profile {_TAILORED}{level} --results results.xml ds.xml >/dev/null 2>&1; test -s results.xml'",
        timeout=7200,
    )


def results(access: Access) -> dict[str, str]:
    """What the judge has said last of each rule: ``pass``, ``fail``, ``notapplicable``..."""
    root = ET.fromstring(access.run(f"sudo cat {_FOLDER}/results.xml", timeout=600).stdout)  # noqa: S314  our own
    said = {
        each.get("idref", ""): each.findtext(f"{_NAMESPACE}result", "")
        for each in root.iter(f"{_NAMESPACE}rule-result")
    }
    return {name.removeprefix(_RULE): result for name, result in said.items() if result != "notselected"}


def share(said: dict[str, str]) -> float:
    """The part of the rules that apply which pass."""
    passed, failed = (sum(result in those for result in said.values()) for those in (PASSED, FAILED))
    return passed / (passed + failed)


def lynis(access: Access) -> int:
    """Lynis' hardening index, 0 to 100."""
    report = "/var/log/lynis-report.dat"
    done = access.run(
        f"sudo lynis audit system --quick --no-colors --quiet >/dev/null; sudo grep ^hardening_index= {report}",
        timeout=7200,
    )
    return int(done.stdout.strip().rpartition("=")[2])
