"""The base that every host gets: a host that passes and one that fails for each rule."""

import pytest
from ansible.module_utils.joliba.base import label

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
