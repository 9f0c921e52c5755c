import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.lab.deployment import Deployment, write_file
from infra.lab.processes import Table, acquire, end_all, running, started


def test_a_number_that_now_belongs_to_another_process_is_not_the_labs(tmp_path: Path) -> None:
    table = Table(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        write_file(table.path, json.dumps({"supervisor": {"pid": stranger.pid, "started": 1}}))
        (tmp_path / "lock").touch()
        ended = end_all(tmp_path, (), patience=0.1)
        alive = stranger.poll() is None
        stranger.kill()

    assert ended
    assert alive


def test_a_live_process_is_known_by_number_and_start(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.start(os.getpid())
    table.add("nova", os.getpid())

    assert table.pid("nova") == os.getpid()


def test_a_process_that_has_ended_is_told_with_its_exit_code(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.start(os.getpid())
    table.add("nova", os.getpid())
    table.end("nova", -9)

    assert table.pid("nova") is None
    assert table.exit_code("nova") == -9


def test_no_process_has_a_start(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()

    assert started(ended.pid) == 0
    assert not running(tmp_path)


def test_the_lock_is_free_again_when_its_holder_was_killed(tmp_path: Path) -> None:
    program = "import sys; from infra.lab.processes import acquire; from pathlib import Path; "
    program += "acquire(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        held = running(tmp_path)
        holder.kill()

    assert held
    assert not running(tmp_path)
    assert acquire(tmp_path) is not None


def test_a_write_that_fails_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    write_file(path, "former")

    with pytest.raises(UnicodeEncodeError):
        write_file(path, "\udcff")

    assert path.read_text() == "former"
    assert [child.name for child in tmp_path.iterdir()] == ["ports.json"]


def test_secrets_are_drawn_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = Deployment(tmp_path, tmp_path).secrets
    second = Deployment(tmp_path, tmp_path).secrets

    assert first == second
    assert len(set(first.values())) == len(first)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
