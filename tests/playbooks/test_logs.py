"""What is written for rsyslog and logrotate, as a real rsyslog and a real logrotate do it."""

import os
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import yaml
from playing import play

from infra.environment import PLAYBOOKS

ROLE = PLAYBOOKS / "roles/base"
OF_HAPROXY = ':programname, startswith, "haproxy" {\n  stop\n}\n'


def written(template, **facts):
    text = (ROLE / "templates" / template).read_text("utf-8")
    source = jinja2.Environment(trim_blocks=True, autoescape=True, undefined=jinja2.StrictUndefined).from_string(text)
    given = {"joliba": {"facts": facts}, "joliba_asked": {"settings": {"B6": {"log_authority": {}}}}}
    return source.render(**given, base_logs={"stat": {"wgrp": facts.get("shared", False)}})


class _Receiver(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.server.received.append(line.decode())


@pytest.fixture
def collector():
    """A collector on loopback: what it ``received``, by ``port``."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Receiver) as server:
        server.daemon_threads = True
        server.received = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield SimpleNamespace(received=server.received, port=server.server_address[1])
        server.shutdown()


def programs():
    """How rsyslog is called."""
    program = shutil.which("rsyslogd")
    if not program:
        pytest.skip("no rsyslogd (apt-get install rsyslog)")
    (modules,) = Path(program).resolve().parents[1].glob("lib/*/rsyslog")
    return [program, "-M", modules]


@pytest.fixture
def rsyslog(tmp_path, collector):
    """A real rsyslog with what we write, and Debian's file of haproxy; without TLS, which needs a collector's proof."""
    program = programs()
    text = written("rsyslog.conf.j2", log_collector=["127.0.0.1"])
    ours = re.sub(r" StreamDriver\S*", "", text).replace("6514", str(collector.port))
    ours = ours.replace("/var/spool/rsyslog", str(tmp_path))
    (tmp_path / "rsyslog.d").mkdir()
    tasks = (ROLE / "tasks/B06.yml").read_text("utf-8")
    (name,) = re.findall(r"dest: /etc/rsyslog\.d/(\S+)", tasks)
    (tmp_path / "rsyslog.d" / name).write_text(ours.replace("/var/log/audit", str(tmp_path / "audit")))
    (tmp_path / "rsyslog.d/49-haproxy.conf").write_text(OF_HAPROXY)
    main = f"""\
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{tmp_path}/log")
$IncludeConfig {tmp_path}/rsyslog.d/*.conf
*.* {tmp_path}/all
"""
    (tmp_path / "rsyslog.conf").write_text(main)
    command = [*program, "-n", "-f", tmp_path / "rsyslog.conf", "-i", tmp_path / "pid"]
    with subprocess.Popen(command, stderr=(tmp_path / "said").open("w")) as started:
        assert within((tmp_path / "log").exists), (tmp_path / "said").read_text()
        yield tmp_path
        started.terminate()


def within(true, seconds=30):
    for _ in range(seconds * 20):
        if true():
            return True
        time.sleep(0.05)
    return False


def log(folder, program, text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.connect(str(folder / "log"))
        sending.send(f"<30>Jan  1 00:00:00 {program}: {text}".encode())


def test_rsyslog_accepts_by_itself_what_is_written_for_it(tmp_path):
    """As the task asks it before the file is in its place."""
    text = written("rsyslog.conf.j2", log_collector=["10.0.0.9", "logs.example.ml"])
    (tmp_path / "ours").write_text(text.replace("/var/spool/rsyslog", str(tmp_path)))
    (validated,) = re.findall(r"validate: rsyslogd (.*)%s", (ROLE / "tasks/B06.yml").read_text("utf-8"))

    command = [*programs(), *validated.split(), tmp_path / "ours"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_authority_stands_alone_where_judges_look_for_it():
    """ComplianceAsCode, rsyslog_remote_tls_cacert."""
    text = written("rsyslog.conf.j2", log_collector=["10.0.0.9"])

    assert re.search(r'^\s*global\(DefaultNetstreamDriverCAFile="(.+?)"\)\s*\n', text, re.MULTILINE)


def test_all_messages_reach_the_collector_whatever_another_file_ends(rsyslog, collector):
    log(rsyslog, "haproxy[1]", "a request")
    log(rsyslog, "sshd[2]", "a login")

    assert within(lambda: len(collector.received) == 2), (rsyslog / "said").read_text()
    assert "a request" in collector.received[0]
    assert "a login" in collector.received[1]
    assert within((rsyslog / "all").exists)
    assert "a request" not in (rsyslog / "all").read_text(), "haproxy's file still ends it here"


def test_what_the_kernel_records_reaches_the_collector_from_the_day_on_when_auditd_is_there(rsyslog, collector):
    log(rsyslog, "sshd[2]", "a login")
    assert within(lambda: collector.received), (rsyslog / "said").read_text()
    (rsyslog / "audit").mkdir()
    (rsyslog / "audit/audit.log").write_text("type=EXECVE msg=audit(1:1): argc=1\n")

    assert within(lambda: any("type=EXECVE" in line for line in collector.received)), (rsyslog / "said").read_text()
    assert any("auditd" in line for line in collector.received)
    assert "type=EXECVE" not in (rsyslog / "all").read_text(), "it is in a file of its own"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("logrotate"), reason="runs a real logrotate, as root")
@pytest.mark.parametrize(("mode", "shared"), [(0o755, False), (0o775, True)], ids=["Debian's", "Ubuntu's"])
def test_logs_are_rotated_whoever_the_folder_belongs_to(tmp_path, mode, shared):
    """A temporary folder of the tests is root's alone: what leads to the logs must be, too."""
    logs = tmp_path / "log"
    logs.mkdir()
    os.chown(logs, 0, 100)
    logs.chmod(mode)
    (logs / "syslog").write_text("a line\n")
    (logs / "syslog").chmod(0o640)
    facts = {"log_days": 180, "shared": shared}
    own = written("logrotate-rsyslog.j2", **facts).replace("/var/log", str(logs))
    (tmp_path / "rsyslog").write_text(own.replace("/usr/lib/rsyslog/rsyslog-rotate", "true"))
    (tmp_path / "conf").write_text(
        written("logrotate.conf.j2", **facts).replace("/etc/logrotate.d", str(tmp_path / "rsyslog"))
    )

    command = ["logrotate", "--force", "--state", tmp_path / "state", tmp_path / "conf"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(logs.glob("syslog-*"))) == 1
    assert (logs / "syslog").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away, as root")
@pytest.mark.parametrize(
    ("said", "owner"),
    [("$FileOwner games", "games"), ('module(load="builtin:omfile" fileOwner="games")', "games"), ("", "root")],
)
def test_files_of_logs_stay_those_of_whom_rsyslog_runs_as(tmp_path, said, owner):
    (tmp_path / "rsyslog.d").mkdir()
    (tmp_path / "rsyslog.conf").write_text(f"{said}\n")
    log = tmp_path / "syslog"
    log.write_text("")
    log.chmod(0o666)
    shutil.chown(log, "games", "games")
    steps = (
        (PLAYBOOKS / "roles/logging/tasks/R71.yml").read_text("utf-8").replace("/etc/rsyslog", f"{tmp_path}/rsyslog")
    )
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    asked = {"verdicts": [{"rule": "log-files-private", "effective": str(log)}]}

    play(SimpleNamespace(inventory=lambda: here), tmp_path, yaml.safe_load(steps), become=False, joliba_asked=asked,
         joliba_remedy={"rules": ["log-files-private"]})  # fmt: skip

    assert (log.owner(), log.group(), log.stat().st_mode & 0o777) == (owner, "adm", 0o640)
