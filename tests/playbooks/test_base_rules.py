"""The base that every host gets: a host that passes and one that fails for each rule."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.joliba.volumes import label
from host_state import CATALOGUE

from infra.environment import PLAYBOOKS

PASSWD = "root:x:0:0::/root:/bin/sh\nawa:x:1001:1001::/home/awa:/bin/bash\nbakary:x:1002:1002::/home/bakary:/bin/bash\n"
GROUP = "joliba-people:x:990:awa,bakary\nadministrateurs:x:991:awa\n"
SHADOW = "root:*:1:0:99999:7:::\nawa:!:1:0:99999:7:::\nbakary:!:1:0:99999:7::{}:\n"
KEYS = "/etc/ssh/joliba-keys/%u"
PEOPLE = [
    {"name": "awa", "keys": ["ssh-ed25519 A"], "administrator": True},
    {"name": "bakary", "keys": ["ssh-ed25519 B", "ssh-ed25519 C"], "administrator": False},
]


def persons(host, *, closed="", keys=KEYS, **settings):
    host.file("/etc/passwd", PASSWD)
    host.file("/etc/group", GROUP)
    host.file("/etc/shadow", SHADOW.format(closed))
    host.file("/etc/ssh/joliba-keys/awa", "ssh-ed25519 A\n")
    host.file("/etc/ssh/joliba-keys/bakary", "ssh-ed25519 C\nssh-ed25519 B a comment\n")
    said = {"authorizedkeysfile": keys, "authorizedkeyscommand": "none", "trustedusercakeys": "none", **settings}
    for name in ("awa", "bakary"):
        command = f"sshd -T -C user={name},host=localhost,addr=127.0.0.1"
        host.says(command, "".join(f"{keyword} {value}\n" for keyword, value in said.items()))


def test_people_have_their_accounts_and_keys(host):
    rule = {"people": PEOPLE, "sudo_group": "administrateurs"}
    persons(host)
    assert host.judged("people-have-their-accounts", **rule) == "pass"
    assert host.judged("people-have-their-accounts", **{**rule, "people": PEOPLE[:1]}) == "fail"
    assert host.judged("people-have-their-accounts", **{**rule, "sudo_group": "wheel"}) == "fail"
    host.file("/etc/ssh/joliba-keys/awa", 'command="id" ssh-ed25519 A\n')
    assert host.judged("people-have-their-accounts", **rule) == "fail"


@pytest.mark.parametrize(
    ("shadow", "key", "verdict"),
    [
        ("eve:$y$h:1:0:99999:7:::", "", "fail"), ("eve:!:1:0:99999:7:::", "ssh-ed25519 E", "fail"),
        ("eve:!:1:0:99999:7:::", "# none", "pass"), ("eve:$y$h:1:0:99999:7::1:", "", "pass"),
    ],
)  # fmt: skip
def test_nobody_else_logs_in(host, shadow, key, verdict):
    """Whatever group she is in, the automation account's own too."""
    persons(host)
    host.file("/etc/passwd", f"{PASSWD}exploitation:x:1003:1003::/home/e:/bin/sh\neve:x:1004:1003::/home/eve:/bin/sh\n")
    host.file("/etc/group", f"{GROUP}exploitation:x:1003:\nexploitants:x:1005:\n")
    host.file("/etc/shadow", f"{SHADOW.format('')}exploitation:!:1:0:99999:7:::\n{shadow}\n")
    host.file("/home/e/.ssh/authorized_keys", "ssh-ed25519 X")
    host.file("/home/eve/.ssh/authorized_keys", key)
    rule = {"automation_user": "exploitation", "people_groups": ["joliba-people", "exploitants"]}

    assert host.judged("nobody-else-logs-in", **rule) == verdict
    host.file("/etc/group", f"{GROUP}exploitation:x:1003:\nexploitants:x:1005:eve\n")
    assert host.judged("nobody-else-logs-in", **rule) == "pass"


MANAGEMENT, OTHER = (f"ssh-ed25519 {letter * 44}" for letter in "MO")


@pytest.mark.parametrize(
    ("lines", "root", "permitted", "verdict"),
    [
        (f"{MANAGEMENT} joliba", "", "no", "pass"),
        (f"{MANAGEMENT}\n# {OTHER}", "", "no", "pass"),
        (f'{MANAGEMENT}\nfrom="10.0.0.0/8" {OTHER} a former administrator', "", "no", "fail"),
        (MANAGEMENT, f'command="echo no" {OTHER}', "prohibit-password", "pass"),
        (MANAGEMENT, OTHER, "prohibit-password", "fail"),
        (MANAGEMENT, OTHER, "no", "pass"),
    ],
)
def test_only_the_management_key_opens_the_automation_account_and_root(host, lines, root, permitted, verdict):
    host.file("/etc/passwd", f"{PASSWD}exploitation:x:1003:1003::/home/e:/bin/sh\n")
    host.file("/home/e/.ssh/authorized_keys", f"{lines}\n")
    host.file("/root/.ssh/authorized_keys", f"{root}\n")
    for name in ("exploitation", "root"):
        host.says(f"sshd -T -C user={name},host=localhost,addr=127.0.0.1", f"permitrootlogin {permitted}\n")

    facts = {"automation_user": "exploitation", "management_key": MANAGEMENT}
    assert host.judged("automation-opens-to-one-key", **facts) == verdict


def test_a_command_that_names_keys_opens_the_automation_account_too(host):
    host.file("/etc/passwd", f"{PASSWD}exploitation:x:1003:1003::/home/e:/bin/sh\n")
    for name in ("exploitation", "root"):
        said = "permitrootlogin no\nauthorizedkeyscommand /usr/bin/sss_ssh_authorizedkeys\n"
        host.says(f"sshd -T -C user={name},host=localhost,addr=127.0.0.1", said)

    facts = {"automation_user": "exploitation", "management_key": MANAGEMENT}
    assert host.judged("automation-opens-to-one-key", **facts) == "fail"


def test_a_closed_account_is_nobodys(host):
    persons(host, closed="1")
    rule = {"people": PEOPLE[:1], "sudo_group": "administrateurs"}
    assert host.judged("people-have-their-accounts", **rule) == "pass"
    persons(host)
    assert host.judged("people-have-their-accounts", **rule) == "fail"


def test_a_host_for_which_nobody_is_named_needs_no_group(host):
    host.file("/etc/passwd", PASSWD)
    assert host.judged("people-have-their-accounts", people=[], sudo_group="administrateurs") == "pass"
    assert host.judged("people-have-no-other-keys") == "not-applicable"


@pytest.mark.parametrize(
    "others",
    [
        {"keys": ".ssh/authorized_keys"}, {"keys": f"{KEYS} .ssh/authorized_keys"},
        {"authorizedkeyscommand": "/usr/bin/keys"}, {"trustedusercakeys": "/etc/ssh/ca.pub"},
    ],
)  # fmt: skip
def test_no_other_key_opens_a_persons_account(host, others):
    persons(host)
    assert host.judged("people-have-no-other-keys") == "pass"
    persons(host, **others)
    assert host.judged("people-have-no-other-keys") == "fail"


def test_keys_that_a_person_adds_count_where_the_server_takes_them(host):
    persons(host, keys=f"{KEYS} .ssh/authorized_keys")
    host.file("/home/awa/.ssh/authorized_keys", "ssh-ed25519 X\n")
    told = host.verdict("people-have-their-accounts", people=PEOPLE, sudo_group="administrateurs")
    assert told["verdict"] == "fail"
    assert "ssh-ed25519 X" in told["persistent"]


def test_the_folder_of_keys_is_roots(host):
    assert host.judged("keys-of-people-are-roots") == "not-applicable"
    folder = host.file("/etc/ssh/joliba-keys/awa", "").parent
    status = folder.stat()
    host.file("/etc/passwd", f"root:x:{status.st_uid}:0::/root:/bin/sh\n")
    host.file("/etc/group", f"root:x:{status.st_gid}:\n")
    folder.chmod(0o755)
    assert host.judged("keys-of-people-are-roots") == "pass"
    folder.chmod(0o775)
    assert host.judged("keys-of-people-are-roots") == "fail"


def test_volumes_with_long_names_have_labels_of_their_own():
    names = ["donnees", "donnees-patients", "donnees-patients-1", "donnees-patients-2", "donnees-patients-archives"]
    labels = [label(name) for name in names]

    assert labels[:2] == names[:2]
    assert len(set(labels)) == len(names)
    assert max(map(len, labels)) == 16
    assert all("." in each for each in labels[2:]), "no name of a volume has a dot"


STUB = "nameserver 127.0.0.53\noptions edns0\n"


@pytest.mark.parametrize(
    ("verdict", "file", "servers", "domains"),
    [
        ("pass", "nameserver 10.0.0.53\n", "", ""),
        ("fail", "nameserver 10.0.0.53\nnameserver 9.9.9.9\n", "", ""),
        ("fail", "nameserver 10.0.0.53\nnameserver\t9.9.9.9\n", "", ""),
        ("pass", "nameserver\t10.0.0.53\nnameserver\nnameservers 9.9.9.9\n", "", ""),
        ("fail", "# nothing\n", "", ""),
        ("pass", STUB, "Global:\nLink 2 (ens3): 10.0.0.53\n", "Global:\nLink 2 (ens3):\n"),
        ("fail", STUB, "Global: 10.0.0.53\nLink 2 (ens3): 9.9.9.9\n", "Global:\nLink 2 (ens3):\n"),
        ("pass", STUB, "Global: 10.0.0.53#ns.example\nLink 2 (ens3): 9.9.9.9\n", "Global: ~.\nLink 2 (ens3):\n"),
        ("fail", STUB, "Global: 10.0.0.53\nLink 2 (ens3): 9.9.9.9\n", "Global: ~.\nLink 2 (ens3): example\n"),
        ("fail", STUB, "Global:\n", "Global:\n"),
    ],
)
def test_only_the_sites_name_servers_are_asked(host, verdict, file, servers, domains):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/etc/resolv.conf", file)
    host.says("resolvectl --no-pager dns", servers)
    host.says("resolvectl --no-pager domain", domains)

    assert host.judged("names-are-resolved-by-the-site", dns=["10.0.0.53", "10.0.0.54"]) == verdict


def mounted(host, *volumes, crypt=()):
    found = [{"target": f"/srv/{name}", "label": each, "source": f"/dev/{name}"} for name, each in volumes]
    host.says("findmnt -J -l", json.dumps({"filesystems": found}))
    for name, _ in volumes:
        host.says(f"lsblk -n -s -o TYPE /dev/{name}", "crypt\ndisk\n" if name in crypt else "disk\n")


def test_data_volumes_are_mounted_by_label_now_and_at_boot(host):
    declared = {"volumes": {"donnees": "1", "journal-1": "2"}, "volume_names": ["donnees", "journal-1"]}
    for name in ("donnees", r"journal\x2d1"):
        host.file(f"/etc/systemd/system/srv-{name}.mount", "")
        host.file(f"/etc/systemd/system/local-fs.target.wants/srv-{name}.mount", "")
    mounted(host, ("donnees", "donnees"), ("journal-1", "journal-1"))
    assert host.judged("data-volumes-are-mounted", **declared) == "pass"
    mounted(host, ("donnees", "other"), ("journal-1", "journal-1"))
    assert host.judged("data-volumes-are-mounted", **declared) == "fail"
    mounted(host, ("donnees", "donnees"), ("journal-1", "journal-1"))
    (host.root / "etc/systemd/system/local-fs.target.wants/srv-donnees.mount").unlink()
    assert host.verdict("data-volumes-are-mounted", **declared)["why"] == "not after a reboot"
    host.file("/etc/systemd/system/local-fs.target.wants/srv-donnees.mount", "")
    (host.root / "etc/systemd/system/srv-donnees.mount").unlink()
    assert host.verdict("data-volumes-are-mounted", **declared)["why"] == "not after a reboot"
    assert host.judged("data-volumes-are-mounted", volumes={}, volume_names=[]) == "not-applicable"


def test_data_volumes_are_encrypted_where_the_classification_asks(host):
    rule, volumes = "data-volumes-are-encrypted", {"donnees": "1", "journal": "2"}
    asked = {"volumes": volumes, "encrypted_volumes": ["donnees"], "encryption_asked": True}
    mounted(host, ("donnees", ""), ("journal", ""), crypt=["journal"])
    told = host.verdict(rule, **asked)
    assert told["verdict"] == "pass"
    assert "donnees by the cloud" in told["effective"]
    assert "journal on this host, by dm-crypt" in told["effective"]
    mounted(host, ("donnees", ""), ("journal", ""))
    assert host.judged(rule, **asked) == "fail"
    mounted(host)
    assert host.judged(rule, **asked) == "fail", "a volume that is not mounted is not known to be encrypted"
    assert host.verdict(rule, **{**asked, "encryption_asked": False})["why"].startswith(
        "The classification asks for no"
    )
    assert host.judged(rule, **{**asked, "volumes": {}}) == "not-applicable"


SOURCE = "Types: deb\nURIs: {}\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian.gpg\n"


def test_packages_come_from_the_sites_mirror_and_from_it_alone(host):
    rule, given = "packages-from-the-sites-mirror", {"repositories": ["https://10.0.0.30/debian"]}
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    assert host.judged(rule, **given) == "fail", "a host without any source gets no packages"
    assert host.judged("package-sources-are-checked") == "not-applicable"
    host.file("/etc/apt/sources.list.d/joliba.sources", SOURCE.format("https://10.0.0.30/debian/"))
    assert host.judged(rule, **given) == "pass"
    host.file("/etc/apt/sources.list.d/debian.sources.disabled", SOURCE.format("http://deb.example/debian"))
    assert host.judged(rule, **given) == "pass"
    host.file("/etc/apt/sources.list", "deb http://deb.example/debian bookworm main\n")
    assert host.judged(rule, **given) == "fail"
    assert "lab" in host.verdict(rule)["why"]


def test_the_sites_authority_is_trusted_where_it_has_one(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    assert host.judged("site-authority-trusted", authority="-----BEGIN") == "fail"
    host.file("/usr/local/share/ca-certificates/joliba-site.crt", "-----BEGIN\n")
    assert host.judged("site-authority-trusted", authority="-----BEGIN") == "pass"
    assert host.judged("site-authority-trusted", authority="-----ANOTHER") == "fail"
    assert host.judged("site-authority-trusted", authority="") == "not-applicable"


BACKUP = {
    "repository": "https://10.0.0.50/sante/web-1/", "paths": ["/etc", "/srv/donnees"],
    "mounts": ["/srv/donnees"], "every_hours": 12, "keep_days": 90,
}  # fmt: skip
ENVIRONMENT = """\
RESTIC_REPOSITORY=rest:https://sante:secret@10.0.0.50/sante/web-1/
RESTIC_PASSWORD_FILE=/etc/joliba/backup-password
JOLIBA_PATHS="/etc /srv/donnees"
JOLIBA_KEEP_DAYS=90
"""
SERVICE = "[Unit]\nRequiresMountsFor=/srv/donnees\nAssertPathIsMountPoint=/srv/donnees\n"


def test_backups_are_set_up_as_the_request_says_and_the_login_is_not_told(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    assert host.judged("backups-as-declared", backup=BACKUP) == "fail"
    host.file("/etc/joliba/backup.env", ENVIRONMENT)
    host.file("/etc/systemd/system/joliba-backup.timer", "[Timer]\nOnUnitActiveSec=12h\n")
    host.file("/etc/systemd/system/joliba-backup.service", SERVICE)
    told = host.verdict("backups-as-declared", backup=BACKUP)
    assert told["verdict"] == "pass"
    assert "secret" not in str(told)
    for changed in ({"every_hours": 6}, {"keep_days": 180}, {"paths": ["/etc"]}, {"repository": "https://10.0.0.51/"}):
        assert host.judged("backups-as-declared", backup={**BACKUP, **changed}) == "fail"
    assert "no backup server" in host.verdict("backups-as-declared", backup={})["why"]


@pytest.mark.parametrize("lacking", ["RequiresMountsFor", "AssertPathIsMountPoint"])
def test_backups_wait_for_the_volumes_that_they_save(host, lacking):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/etc/joliba/backup.env", ENVIRONMENT)
    host.file("/etc/systemd/system/joliba-backup.timer", "[Timer]\nOnUnitActiveSec=12h\n")
    host.file("/etc/systemd/system/joliba-backup.service", SERVICE)
    assert host.judged("backups-as-declared", backup=BACKUP) == "pass"
    host.file("/etc/systemd/system/joliba-backup.service", SERVICE.replace(lacking, f"# {lacking}"))
    assert host.judged("backups-as-declared", backup=BACKUP) == "fail"
    assert host.judged("backups-as-declared", backup={**BACKUP, "mounts": []}) == "pass"


def test_the_program_of_backups_is_installed_where_they_are_declared(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/var/lib/dpkg/status", "Package: restic\nStatus: install ok installed\nVersion: 1\n")
    assert host.judged("backup-program-installed", backup=BACKUP) == "pass"
    host.file("/var/lib/dpkg/status", "Package: restic\nStatus: deinstall ok config-files\nVersion: 1\n")
    assert host.judged("backup-program-installed", backup=BACKUP) == "fail"
    assert host.judged("backup-program-installed", backup={}) == "not-applicable"


def test_backups_are_made_by_themselves_and_lately(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    given = {"backup": BACKUP, "backup_latest": 24}
    host.file("/etc/systemd/system/joliba-backup.timer", "")
    host.file("/etc/systemd/system/timers.target.wants/joliba-backup.timer", "")
    host.says("systemctl list-units", "joliba-backup.timer loaded active waiting Backups\n")
    assert host.judged("backups-timed", **given) == "pass"
    host.says("systemctl list-units", "joliba-backup.timer loaded inactive dead Backups\n")
    assert host.judged("backups-timed", **given) == "fail"
    assert host.verdict("backup-made-lately", **given)["effective"] == "absent"
    made = host.file("/var/lib/joliba-backup/made", "")
    assert host.judged("backup-made-lately", **given) == "pass"
    os.utime(made, (0, time.time() - 26 * 3600))
    assert host.judged("backup-made-lately", **given) == "fail"
    assert host.judged("backup-made-lately", backup={}) == "not-applicable"


def test_every_rule_of_the_base_is_looked_at_in_a_right_and_a_wrong_host():
    here = Path(__file__).read_text("utf-8")
    ours = {rule.name for rule in CATALOGUE.rules.values() if rule.recommendation[0] == "B"}
    of_time_and_logs = {name for name in ours if CATALOGUE.rules[name].recommendation in ("B5", "B6")}
    assert [name for name in sorted(ours - of_time_and_logs) if f'"{name}"' not in here] == []


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/sbin/sshd").exists(), reason="asks a real sshd, as root: openssh-server"
)
def test_a_real_server_takes_peoples_keys_from_roots_folder_and_nothing_else_changes(tmp_path):
    tasks = yaml.safe_load((PLAYBOOKS / "roles/base/tasks/B01.yml").read_text())
    (written,) = (task["ansible.builtin.copy"]["content"] for task in tasks if "AuthorizedKeysFile" in json.dumps(task))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    (tmp_path / "d").mkdir()
    (tmp_path / "sshd").write_text(f"Include {tmp_path}/d/*.conf\nHostKey {tmp_path}/key\nMaxSessions 7\n")
    (tmp_path / "d/00-joliba-R79.conf").write_text("MaxAuthTries 3\n")

    def settings(user):
        command = ["/usr/sbin/sshd", "-T", "-f", tmp_path / "sshd", "-C", f"user={user},host=localhost,addr=127.0.0.1"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return dict(line.split(" ", 1) for line in shown.splitlines())

    before = settings("root"), settings("games")
    (tmp_path / "d/00-joliba-B1.conf").write_text(written.replace("joliba-people", "games"))

    assert settings("root") == before[0]
    assert settings("games") == {**before[1], "authorizedkeysfile": "/etc/ssh/joliba-keys/%u"}
