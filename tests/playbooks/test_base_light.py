"""The base's services on a light host: name servers, a mirror that answers or not, a backup and its way back."""

import json
import subprocess

import pytest
import yaml
from mirrors import Signer, release
from playing import PLAYBOOKS, playbook

from infra.lab.guests.fleet import LightFleet, obstacle

ROLE = PLAYBOOKS / "roles/base"
NOTHING = [{"name": "Have the resolver read its servers", "ansible.builtin.command": "true"}]
MIRROR = "https://127.0.0.1"
SERVED = """\
import http.server, os, ssl
os.chdir('/srv/mirror')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/srv/tls/site.crt', '/srv/tls/site.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def host(full):
    if why := obstacle():
        pytest.skip(why)
    with LightFleet(1, packages=("restic",)) as (started,):
        yield started.access


def remedy(host, folder, number, rules=(), *, without=(), passwords=None, **facts):
    """The tasks of one recommendation of the base, but for those that ask systemd, which light hosts do not have."""
    tasks = yaml.safe_load((ROLE / "tasks" / f"{number[0]}{int(number[1:]):02}.yml").read_text())
    tasks = [task for task in tasks if not any(module in task for module in without)]
    for name in ("templates", "files"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROLE / name)
    plays = [{"name": "Test", "hosts": "all", "gather_facts": False, "become": True, "tasks": tasks,
              "handlers": NOTHING}]  # fmt: skip
    book = folder / "book.json"
    book.write_text(json.dumps(plays))
    variables = {"joliba": {"tenant": "sante", "facts": facts}, "joliba_remedy": {"rules": list(rules)}}
    return playbook(host, folder, book, **variables, joliba_backup=passwords or {})


def as_root(host, command, **named):
    return host.run(f"sudo sh -c '{command}'", **named).stdout


def test_names_are_asked_of_the_sites_servers(host, tmp_path):
    remedy(host, tmp_path, "B2", dns=["10.0.0.53", "10.0.0.54"])

    assert host.run("grep ^nameserver /etc/resolv.conf").stdout == "nameserver 10.0.0.53\nnameserver 10.0.0.54\n"
    assert "changed=0" in remedy(host, tmp_path, "B2", dns=["10.0.0.53", "10.0.0.54"])


def sources(host):
    """The files that apt reads."""
    return sorted(as_root(host, 'find /etc/apt -name "*.list" -o -name "*.sources"').split())


def put(host, path, content):
    as_root(host, f"mkdir -p $(dirname {path}) && cat > {path}", stdin=content)


def certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
               "2", "-subj", "/CN=site", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "site.key",
               "-out", folder / "site.crt"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "site.crt").read_text(), (folder / "site.key").read_text()


def test_a_mirror_that_does_not_answer_leaves_the_hosts_sources_and_one_that_does_takes_their_place(host, tmp_path):
    put(host, "/etc/apt/sources.list", "deb http://elsewhere.example/debian bookworm main\n")
    before = sources(host)
    rules = ["packages-from-the-sites-mirror", "site-authority-trusted"]
    authority, key = certificate(tmp_path)
    given = {"mirror_url": MIRROR, "authority": authority.strip()}

    remedy(host, tmp_path, "B4", rules, **given, without=["ansible.builtin.apt"])
    assert sources(host) == before

    with Signer(tmp_path / "gpg") as signer:
        for suite in (
            "debian/dists/bookworm", "debian/dists/bookworm-updates", "debian-security/dists/bookworm-security",
        ):  # fmt: skip
            put(host, f"/srv/mirror/{suite}/InRelease", signer.signed(release(suite)))
            put(host, f"/srv/mirror/{suite}/main/binary-amd64/Packages", "")
        put(host, "/srv/keyring", signer.public())
    as_root(host, "base64 -d /srv/keyring > /usr/share/keyrings/debian-archive-keyring.gpg")
    for name, content in (("site.crt", authority), ("site.key", key)):
        put(host, f"/srv/tls/{name}", content)
    put(host, "/srv/serve.py", SERVED)
    serve = "setsid python3 /srv/serve.py >/dev/null 2>&1 </dev/null & echo $! > /srv/serve.pid; sleep 2"
    as_root(host, serve)

    remedy(host, tmp_path, "B4", rules, **given, without=["ansible.builtin.apt"])

    assert sources(host) == ["/etc/apt/sources.list.d/joliba.sources"]
    assert as_root(host, "cat /etc/apt/sources.list.disabled").startswith("deb http://elsewhere.example")
    assert MIRROR in as_root(host, "apt-get update 2>&1")
    as_root(host, "kill $(cat /srv/serve.pid)")
    remedy(host, tmp_path, "B4", rules, **given, without=["ansible.builtin.apt"])
    assert sources(host) == ["/etc/apt/sources.list.d/joliba.sources"], "the mirror is down, and stays the host's"


def test_a_backup_is_made_and_comes_back_with_the_password_that_the_platform_team_keeps(host, tmp_path):
    password, login = "c" * 40, "d" * 40
    backup = {"repository": "https://10.0.0.50/sante/web-1/", "paths": ["/etc", "/srv/donnees"],
              "mounts": ["/srv/donnees"], "every_hours": 12, "keep_days": 90}  # fmt: skip
    given = {"backup": backup, "passwords": {"encryption": password, "login": login}}
    without = ["ansible.builtin.apt", "ansible.builtin.systemd_service"]
    put(host, "/srv/donnees/registre", "precious\n")

    said = remedy(host, tmp_path, "B7", **given, without=without)
    assert "changed=0" in remedy(host, tmp_path, "B7", **given, without=without)

    assert password not in said
    assert login not in said
    assert host.run("ls -l /etc/joliba 2>&1", check=False).stdout.count("Permission denied") == 1
    assert "\nRequiresMountsFor=/srv/donnees\n" in as_root(host, "cat /etc/systemd/system/joliba-backup.service")
    environment = as_root(host, "cat /etc/joliba/backup.env")
    assert f"rest:https://sante:{login}@10.0.0.50/sante/web-1/" in environment
    run = "set -a; . /etc/joliba/backup.env; RESTIC_REPOSITORY=/srv/repository; STATE_DIRECTORY=/srv; "
    for _ in range(2):
        as_root(host, f"{run} HOME=/root /usr/local/sbin/joliba-backup")
    as_root(host, "rm -rf /etc/joliba /srv/donnees")
    restic = f"RESTIC_PASSWORD={password} restic -r /srv/repository"
    assert "2 snapshots" in as_root(host, f"{restic} snapshots")
    as_root(host, f"{restic} restore latest --target /srv/back --include /srv/donnees")
    assert as_root(host, "cat /srv/back/srv/donnees/registre") == "precious\n"
