"""``joliba report`` and ``joliba verify`` as a user has them."""

import json
from dataclasses import replace

import pytest
from run_records import earlier_record, make_record

from infra.cli.main import main
from infra.errors import JolibaError
from infra.hosts import running, runs
from infra.hosts.record import Kind, encode_record
from infra.hosts.runs import earlier_runs, keep, run_ids
from infra.hosts.signature import key_file, sign_file, signature_file

NOW = make_record(12, 12)
BEFORE = earlier_record(NOW)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with two runs, both signed."""
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    for record in (BEFORE, NOW):
        folder = tmp_path / "home/runs" / record.run
        folder.mkdir(parents=True)
        keep(record, folder)
    return tmp_path / "home"


@pytest.fixture
def joliba(home, tmp_path, monkeypatch, capsys):
    """``joliba(*arguments, expect=0)``: what the command prints; in this process, since each start takes its time."""
    monkeypatch.setenv("JOLIBA_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def run(*arguments, expect=0):
        monkeypatch.setattr("sys.argv", ["joliba", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        assert ended.value.code == expect, written.out + written.err
        return written.out + written.err

    return run


def test_the_latest_run_is_told_at_the_terminal(joliba):
    told = joliba("report")

    assert told.startswith(f"Audit {NOW.run}  ml-bko")
    assert "What fails, the gravest first" in told
    assert "What changed since" not in told
    assert joliba("report", NOW.run, "--lang", "fr").count("Non conforme, le plus grave d'abord") == 1


def test_since_another_run_the_causes_are_told(joliba):
    told = joliba("report", "--since", BEFORE.run)

    assert f"What changed since {BEFORE.run}" in told
    assert "Host gone: 1  ml-bko.sante.ancien-web-1" in told


def test_a_run_is_compared_with_one_before_it_alone(joliba):
    for run, since in ((BEFORE.run, NOW.run), (NOW.run, NOW.run)):
        assert f"name a run that began before {run}" in joliba("report", run, "--since", since, expect=2)
    joliba("report", NOW.run, "--since", BEFORE.run)


def test_a_part_of_a_run_has_its_hosts_alone(joliba):
    told = json.loads(joliba("report", "--scope", "ml-bko.justice", "--format", "json"))

    assert {host["tenant"] for host in told["record"]["hosts"]} == {"justice"}
    assert "ml-bko.justice" in joliba("report", "--scope", "ml-bko.justic", expect=2)


@pytest.mark.parametrize("suffix", ["html", "json", "sarif", "csv", "xml", "txt"])
def test_a_file_is_signed_and_verified_and_for_its_user_alone(suffix, joliba, tmp_path):
    file = tmp_path / f"report.{suffix}"

    joliba("report", "-o", str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    assert f"{file}: verified" in joliba("verify", str(file))
    file.write_bytes(file.read_bytes() + b" ")
    assert f"{file}: it was altered" in joliba("verify", str(file), expect=1)


def test_a_file_that_others_could_read_is_for_its_user_alone_afterwards(joliba, tmp_path):
    file = tmp_path / "report.txt"
    file.write_text("older\n" * 1000)
    file.chmod(0o644)

    with file.open() as reader:
        joliba("report", "-o", str(file))
        assert reader.read() == "older\n" * 1000

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith(f"Audit {NOW.run}")
    assert {each.name for each in tmp_path.iterdir()} == {"home", "report.txt", "report.txt.sig"}


def test_what_is_no_ordinary_file_is_not_replaced(joliba, tmp_path):
    (tmp_path / "folder.txt").mkdir()

    assert "no ordinary file" in joliba("report", "-o", "folder.txt", expect=2)
    assert "No such file" in joliba("report", "-o", "nowhere/report.txt", expect=2)
    assert {each.name for each in tmp_path.iterdir()} == {"home", "folder.txt"}


def test_a_name_of_two_lines_is_verified_in_one(joliba, tmp_path):
    file = tmp_path / "a\nb: verified.csv"
    joliba("report", "-o", str(file))

    assert "a\\nb: verified.csv: verified" in joliba("verify", str(file)).replace("\n", "")
    assert joliba("verify", file.name).startswith("a\\nb")
    assert list(json.loads(joliba("verify", "--json", file.name))["files"]) == [file.name]


def test_a_file_is_verified_in_french(joliba, tmp_path, monkeypatch):
    joliba("report", "-o", "report.csv")
    monkeypatch.setenv("JOLIBA_LANG", "fr")

    assert "report.csv : vérifié" in joliba("verify", "report.csv")
    (tmp_path / "report.csv").write_text("x")
    assert "il a été modifié après sa signature" in joliba("verify", "report.csv", expect=1)


def test_one_refused_file_among_several_refuses_them(joliba, tmp_path):
    for name in ("a.csv", "b.csv"):
        joliba("report", "-o", str(tmp_path / name))
    joliba("verify", "a.csv", "b.csv")
    (tmp_path / "b.csv.sig").unlink()

    told = json.loads(joliba("verify", "--json", "a.csv", "b.csv", expect=1))

    assert told["files"] == {"a.csv": "verified", "b.csv": "unsigned"}


def test_an_auditor_verifies_with_the_public_key_alone(joliba, tmp_path, monkeypatch):
    joliba("report", "-o", "report.json")
    key = joliba("verify", "--show-key")
    (tmp_path / "joliba.pem").write_text(key.split("SHA256:")[0])
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "auditor"))

    assert "signed nothing yet" in joliba("verify", "report.json", expect=2)
    assert "report.json: verified" in joliba("verify", "--key", "joliba.pem", "report.json")
    joliba("verify", "--key", "report.json", "report.json", expect=2)
    joliba("verify", "--key", "joliba.pem", "nowhere.json", expect=2)


def test_no_report_is_made_of_a_record_that_was_altered_after_it_was_signed(joliba, home):
    assert json.loads(joliba("report", "--format", "json"))["signed"] is True
    record = home / "runs" / NOW.run / "record.json"
    record.write_text(record.read_text().replace('"fail"', '"pass"', 1))

    assert "altered after it was signed" in joliba("report", NOW.run, expect=2)
    assert "altered after it was signed" in joliba("report", BEFORE.run, "--since", NOW.run, expect=2)

    signature_file(record).unlink()

    assert "it is not signed" in joliba("report", NOW.run, expect=2)
    joliba("report", BEFORE.run)


def test_without_the_key_that_signed_them_runs_are_told_of_no_more_and_no_other_is_made(joliba, home, tmp_path):
    key = key_file().read_bytes()
    key_file().unlink()
    (tmp_path / "own.txt").write_text("x")

    for arguments in (["report"], ["report", "-o", "new.html"], ["verify", "own.txt"]):
        assert "were signed with is gone" in joliba(*arguments, expect=2)
    with pytest.raises(JolibaError, match="were signed with is gone"):
        sign_file(tmp_path / "own.txt")
    with pytest.raises(JolibaError, match="were signed with is gone"):
        running.run(running.Order(kind=Kind.AUDIT, asked="all"), [], lambda *_: None)

    assert (list(key_file().parent.glob("*.key.pem")), len(run_ids())) == ([], 2)
    key_file().touch(mode=0o600)
    key_file().write_bytes(key)
    joliba("report")
    key_file().unlink()
    (home / "runs").rename(home / "aside")
    sign_file(tmp_path / "own.txt")
    assert "verified" in joliba("verify", "own.txt")


def test_an_earlier_run_that_is_refused_is_left_out_of_the_history_and_told(joliba, home):
    told = f"could not be read or verified: {BEFORE.run}"
    history = ["report", "--host", NOW.hosts[1].name, "--rule", NOW.hosts[1].verdicts[0].rule]
    asked = (history, ["report", "--format", "html"])
    assert not any(told in joliba(*each) for each in asked)
    assert json.loads(joliba("report", "--format", "json"))["derived"]["left_out"] == []
    record = home / "runs" / BEFORE.run / "record.json"
    record.write_text(record.read_text().replace('"fail"', '"pass"', 1))

    assert all(told in joliba(*each) for each in asked)
    assert json.loads(joliba("report", "--format", "json"))["derived"]["left_out"] == [BEFORE.run]


def test_runs_of_many_days_are_held_with_what_they_have_in_common_once(home, tmp_path):
    for day in ("20250101", "20250102"):
        folder = tmp_path / f"home/runs/{day}T031500Z-audit-1a2b"
        folder.mkdir()
        moment = f"{day[:4]}-{day[4:6]}-{day[6:]}T03:15:00Z"
        keep(replace(BEFORE, run=folder.name, started=moment), folder)

    earlier, _ = earlier_runs(NOW)

    assert [run.hosts for run in earlier] == [BEFORE.hosts] * 3
    verdicts = [each for run in earlier for host in run.hosts for each in host.verdicts]
    assert len({id(each) for each in verdicts}) == len(set(verdicts)) < len(verdicts) / 3


def test_what_is_judged_of_a_record_is_what_was_read_of_it(joliba, home, monkeypatch):
    record = home / "runs" / NOW.run / "record.json"
    good = record.read_text()
    record.write_text(good.replace('"fail"', '"pass"', 1))
    judged = runs.refusal

    def late(*arguments):
        record.write_text(good)
        return judged(*arguments)

    monkeypatch.setattr(runs, "refusal", late)
    assert "altered after it was signed" in joliba("report", NOW.run, expect=2)
    joliba("report", NOW.run)


def test_no_report_is_made_of_another_runs_record(joliba, home):
    for suffix in ("", ".sig"):
        place = home / "runs" / NOW.run / f"record.json{suffix}"
        place.write_bytes((home / "runs" / BEFORE.run / place.name).read_bytes())

    assert f"it is the record of another run, {BEFORE.run}" in joliba("report", NOW.run, expect=2)
    joliba("report", BEFORE.run)


def test_a_report_of_a_record_from_elsewhere_says_whether_signatures_were_verified(joliba, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(encode_record(NOW), encoding="utf-8")
    told = "the run's record is not signed"

    assert told in joliba("report", str(elsewhere))
    (tmp_path / "before.json").write_text(encode_record(BEFORE), encoding="utf-8")
    assert told in joliba("report", NOW.run, "--since", "before.json")
    assert told not in joliba("report", NOW.run, "--since", BEFORE.run)
    sign_file(elsewhere)
    assert told not in joliba("report", str(elsewhere))


def test_the_history_of_a_rule_on_a_host(joliba):
    host, rule = NOW.hosts[1].name, NOW.hosts[1].verdicts[0].rule

    told = joliba("report", "--host", host, "--rule", rule)

    assert [line.split()[-1] for line in told.splitlines()[1:]] == [BEFORE.run, NOW.run]
    assert "did you mean" in joliba("report", "--host", host[:-1], "--rule", rule, expect=2)
    joliba("report", "--host", host, expect=2)


def test_a_history_is_written_to_a_file_as_text_and_signed(joliba, tmp_path):
    asked = ["report", "--host", NOW.hosts[1].name, "--rule", NOW.hosts[1].verdicts[0].rule]
    told = joliba(*asked)

    joliba(*asked, "-o", "history.txt")

    assert (tmp_path / "history.txt").read_text() == told
    assert "history.txt: verified" in joliba("verify", "history.txt")
    assert "write --format text" in joliba(*asked, "-o", "history.html", expect=2)
    assert not (tmp_path / "history.html").exists()


REFUSALS = {
    "a run": (["20261124T031500Z-audit-9999"], "il n'y a pas d'exécution"),
    "a name": (["a b"], "n'est pas le nom d'une exécution"),
    "a record": (["broken.json"], "ce relevé ne peut pas être lu"),
    "a scope": (["--scope", "ml-bko.justic"], "n'a pas d'hôte de ml-bko.justic"),
    "a form": (["--format", "pdf"], "écrivez l'un de text"),
    "a file": (["-o", "report.pdf"], "nommez une forme"),
    "a host": (["--host", "nobody", "--rule", NOW.hosts[1].verdicts[0].rule], "ne connaît l'hôte nobody"),
    "a rule": (["--host", NOW.hosts[1].name, "--rule", "nothing"], "ne connaît la règle nothing"),
    "one of two": (["--host", "nobody"], "vont ensemble"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_french_report_is_refused_in_french(name, joliba, tmp_path):
    (tmp_path / "broken.json").write_text("{}")
    arguments, told = REFUSALS[name]

    assert told in joliba("report", *arguments, "--lang", "fr", expect=2)
    assert told not in joliba("report", *arguments, "--lang", "en", expect=2)


def test_a_record_that_was_altered_is_refused_in_french(joliba, home):
    record = home / "runs" / NOW.run / "record.json"
    record.write_text(record.read_text().replace('"fail"', '"pass"', 1))

    told = joliba("report", "--lang", "fr", expect=2)

    assert "il a été modifié après sa signature" in told
    assert "aucun rapport n'en est fait" in told


@pytest.mark.parametrize("name", ["../../etc", "20261124T031500Z-audit-9999", "/", "a b", "nowhere/record.json"])
def test_what_is_no_run_is_refused(name, joliba):
    joliba("report", name, expect=2)
    joliba("report", NOW.run)


def test_no_run_at_all_says_how_one_is_made(joliba, home, monkeypatch, tmp_path):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "empty"))

    assert "joliba audit makes one" in joliba("report", expect=2)


def test_a_form_that_there_is_not_is_refused(joliba):
    joliba("report", "--format", "pdf", expect=2)
    joliba("report", "-o", "report.pdf", expect=2)
    joliba("report", "-o", "report.pdf", "--format", "html")
