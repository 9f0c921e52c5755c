"""A rollback long after its run takes back what the run did, and leaves what others did since."""

import hashlib
import os

import pytest
from ansible.module_utils.joliba.restore import entries, firewall, packages, points, revert, since, units
from restore_points import create

PARTS = {"firewall": (firewall, "capture"), "packages": (packages, "installed"), "units": (units, "capture")}
TABLES = {"inet filter": "a", "ip docker": "1"}
KNOWN = {"sudo": ["ii", "1"], "old": ["ii", "1"]}


@pytest.fixture
def tree(tmp_path):
    """A folder as it is before a run."""
    top = tmp_path / "etc"
    (top / "pam.d").mkdir(parents=True)
    for name in ("issue", "passwd", "pam.d/login", "pam.d/su"):
        (top / name).write_text(f"{name}:before\n")
    return top


@pytest.fixture
def run(tree, tmp_path, monkeypatch):
    """The store of a run that wrote ``issue`` and ``joliba`` and an account, and that was let stand."""
    store = tmp_path / "store"
    monkeypatch.setattr(since, "_ACCOUNTS", (str(tree / "passwd"),))
    create("run", store, files=[str(tree)])
    (tree / "issue").write_text("by the run\n")
    (tree / "joliba").write_text("by the run\n")
    (tree / "passwd").write_text("passwd:before\nawa:by the run\n")
    since.note("run", str(store))
    return store


def rolled_back(store):
    (outcome,) = revert.restore("run", store=str(store))
    assert (outcome["left"], outcome["problems"]) == ({}, {})


def contents(tree):
    return {str(path.relative_to(tree)): path.read_text() for path in tree.rglob("*") if path.is_file()}


BEFORE = {name: f"{name}:before\n" for name in ("issue", "passwd", "pam.d/login", "pam.d/su")}


def test_what_the_run_did_is_taken_back_and_what_others_did_since_stays(tree, run):
    (tree / "issue").write_text("by the run, and another\n")
    (tree / "pam.d/login").write_text("by others\n")
    (tree / "pam.d/su").unlink()
    (tree / "pam.d/postgresql").write_text("by others\n")
    (tree / "passwd").write_text("passwd:before\nawa:by the run\npostgres:by others\n")

    rolled_back(run)

    others = {"pam.d/login": "by others\n", "pam.d/postgresql": "by others\n"}
    accounts = {"passwd": "passwd:before\npostgres:by others\n"}
    assert contents(tree) == {name: text for name, text in (BEFORE | others | accounts).items() if name != "pam.d/su"}


def test_without_others_all_is_as_before_and_stays_so(tree, run):
    rolled_back(run)
    assert contents(tree) == BEFORE
    (tree / "pam.d/login").write_text("by others\n")

    assert revert.restore("run", store=str(run)) == []

    assert contents(tree) == {**BEFORE, "pam.d/login": "by others\n"}


def test_after_a_boot_others_work_stays_too(tree, run):
    (tree / "pam.d/login").write_text("by others\n")
    rolled_back(run)
    (tree / "issue").write_text("by the boot\n")

    assert len(revert.restore("run", store=str(run), again=True)) == 1

    assert contents(tree) == {**BEFORE, "pam.d/login": "by others\n"}


def test_a_mode_that_others_gave_a_file_since_stays_though_the_run_wrote_it_anew(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "_roots_alone", lambda _path: True)
    store, file = tmp_path / "store", tree / "issue"
    file.chmod(0o644)
    create("run", store, attributes=[str(file)])
    (tree / "new").touch(0o644)
    (tree / "new").rename(file)
    since.note("run", str(store))
    file.chmod(0o640)

    rolled_back(store)

    assert file.stat().st_mode & 0o777 == 0o640


def test_a_rollback_that_was_cut_off_goes_on_with_what_it_began_with(tree, run):
    (tree / "pam.d/postgresql").write_text("by others\n")
    (point,) = revert.points.listed(str(run))
    since.begun(point, str(run))
    (tree / "pam.d/postgresql").unlink()  # a removed package's script
    (tree / "pam.d/login").write_text("by the script\n")

    rolled_back(run)

    assert contents(tree) == {**BEFORE, "pam.d/postgresql": "by others\n"}


def test_a_rollback_that_was_cut_off_long_ago_or_before_another_run_looks_anew(tree, run):
    (point,) = revert.points.listed(str(run))
    kept = run / "run" / revert.points.WANTED
    since.begun(point, str(run))
    os.utime(kept, (0, 0))
    (tree / "pam.d/postgresql").write_text("by others\n")
    assert any(path.endswith("postgresql") for path in since.begun(point, str(run))["files"]["entries"])

    create("another", run, files=[str(tree)])

    assert not kept.exists()


def test_a_content_that_a_power_cut_left_half_written_is_written_again(tree, run):
    (tree / "pam.d/login").write_text("by others\n")
    name = hashlib.sha256(b"by others\n").hexdigest()
    (run / "run/content" / f"{name}.new").write_text("by oth")
    (point,) = revert.points.listed(str(run))

    since.begun(point, str(run))

    assert (run / "run/content" / name).read_text() == "by others\n"


def test_others_files_in_a_folder_of_the_runs_keep_it(tree, tmp_path):
    store = tmp_path / "store"
    create("run", store, files=[str(tree), str(tree / "audit/rules.d")])
    (tree / "audit/rules.d").mkdir(parents=True)
    (tree / "audit/rules.d/60-run").write_text("by the run\n")
    since.note("run", str(store))
    (tree / "audit/rules.d/40-local").write_text("by others\n")

    rolled_back(store)

    assert contents(tree) == {**BEFORE, "audit/rules.d/40-local": "by others\n"}


def test_what_the_runs_own_services_write_later_is_the_runs(tree, run):
    (tree / "joliba-backup").mkdir()
    (tree / "joliba-backup/made").write_text("by a service of the run\n")

    rolled_back(run)

    assert contents(tree) == BEFORE


def test_an_account_file_that_others_removed_stays_so(tree, run):
    (tree / "passwd").unlink()

    rolled_back(run)

    assert contents(tree) == BEFORE


def test_a_menu_that_others_made_anew_since_is_made_anew_of_what_is_put_back(tree, tmp_path, monkeypatch):
    store, menu, asked = tmp_path / "store", tree / "issue", []
    monkeypatch.setattr(since, "_MENU", str(menu))
    monkeypatch.setattr(revert.restoring, "output", lambda *command, **_: asked.append(command))
    create("run", store, files=[str(tree)])
    menu.write_text("by the run\n")
    since.note("run", str(store))
    menu.write_text("of a new kernel, by others\n")

    rolled_back(store)

    assert (menu.read_text(), asked) == ("of a new kernel, by others\n", [("update-grub",)])


@pytest.mark.parametrize("roll_back", [revert.restore, revert.restoring.foreseen])
def test_what_cannot_be_told_from_others_work_is_not_touched(tree, run, monkeypatch, roll_back):
    monkeypatch.setattr(revert.restoring.files, "MOST_PATHS", 3)

    with pytest.raises(points.Refused, match="cannot be told"):
        roll_back("run", store=str(run))

    assert contents(tree)["issue"] == "by the run\n"


def test_what_a_rollback_would_do_is_told_and_not_done(tree, run):
    (outcome,) = revert.restoring.foreseen("run", store=str(run))

    assert outcome["changed"] == {"files": [str(tree), *(str(tree / name) for name in ("issue", "joliba", "passwd"))]}
    assert contents(tree)["issue"] == "by the run\n"


def test_a_run_that_was_never_let_stand_is_taken_back_whole(tree, run):
    (run / "run/after.json").unlink()
    (tree / "pam.d/postgresql").write_text("by the run\n")

    rolled_back(run)

    assert contents(tree) == BEFORE


@pytest.mark.parametrize(
    ("before", "after", "now", "wanted"),
    [
        ("a:1\n", "a:2\nb:1\n", "a:2\nb:1\nc:1\n", "a:1\nc:1\n"),  # changed and added by the run, added by others
        ("a:1\nb:1\n", "b:1\n", "b:2\n", "b:2\na:1\n"),  # removed by the run, changed by others
        ("a:1\nb:1\n", "a:1\nb:1\n", "a:1\n", "a:1\n"),  # removed by others
        ("a:1\na:2\n", "a:1\na:2\na:3\n", "a:1\na:2\na:3\nb:1\n", "a:1\na:2\nb:1\n"),  # of one name twice
    ],
)
def test_each_line_of_an_account_file_is_somebodys_own(before, after, now, wanted):
    assert since.merged(before, after, now) == wanted


@pytest.mark.parametrize(
    ("before", "after", "now", "wanted"),
    [
        ("adm:x:4:s", "adm:x:4:s,awa", "adm:x:4:s,awa,bob", "adm:x:4:s,bob"),  # added by the run, then by others
        ("adm:x:4:s,t", "adm:x:4:s", "adm:x:4:s,bob", "adm:x:4:s,bob,t"),  # taken off by the run
        ("adm:x:4:s,t", "adm:x:4:s,t,awa", "adm:x:4:t,awa", "adm:x:4:t"),  # taken off by others
        ("adm:x:4:", "adm:x:4:awa", "adm:x:4:awa", "adm:x:4:"),
        ("adm:x:4:s", "adm:y:4:s", "adm:y:4:s,bob", "adm:x:4:s,bob"),
        ("", "people:x:9:awa", "people:x:9:awa,bob", ""),  # the run's own group
    ],
)
def test_each_member_of_a_group_is_somebodys_own(tree, tmp_path, monkeypatch, *, before, after, now, wanted):
    store, file = str(tmp_path / "store"), tree / "group"
    monkeypatch.setattr(since, "_ACCOUNTS", (str(file),))
    file.write_text(f"mail:x:8:\n{before}\n".replace("\n\n", "\n"))
    create("run", store, files=[str(tree)])
    file.write_text(f"mail:x:8:\n{after}\n")
    since.note("run", store)
    file.write_text(f"mail:x:8:postfix\n{now}\n")

    rolled_back(store)

    assert file.read_text() == f"mail:x:8:postfix\n{wanted}\n".replace("\n\n", "\n")


@pytest.mark.parametrize(
    ("before", "after", "now", "wanted"),
    [
        ("$OLD:19:0:99999", "$OLD:19:0:365", "$NEW:20:0:365", "$NEW:20:0:99999"),  # by the run a date, by root the rest
        ("$OLD:19:0:99999", "!$OLD:19:0:99999", "!$OLD:19:0:99999", "$OLD:19:0:99999"),  # locked by the run
        ("$OLD:19:0:99999", "!$OLD:19:0:99999", "$NEW:20:0:99999", "$NEW:20:0:99999"),
        ("$OLD:19:0:99999", "!$OLD:19:0:99999", "!$NEW:20:0:99999", "$NEW:20:0:99999"),
        ("!:19:0:99999", "!!:19:0:99999", "!!:19:0:99999", "!:19:0:99999"),  # it was locked before
        ("$OLD:19:0:99999", "$OLD:19:0:365", "!$OLD:19:0:365", "!$OLD:19:0:99999"),  # locked by others
        ("$OLD:19:0:99999", "$OURS:19:0:99999", "$OURS:19:0:99999", "$OLD:19:0:99999"),
        ("$OLD:19:0:99999", "$OLD:19:0:365", "$NEW:20", "$OLD:19:0:99999"),  # no line of this file
    ],
)
def test_an_old_password_is_not_brought_back(before, after, now, wanted):
    texts = (f"root:{fields}:7:::\n" for fields in (before, after, now))

    assert since.merged(*texts) == f"root:{wanted}:7:::\n"


def test_a_name_that_others_gave_an_account_since_stays_where_the_run_took_its_shell():
    texts = [f"awa:x:1:1:{name}:/home/awa:{shell}\n" for name, shell in [("", "sh"), ("", "no"), ("Awa", "no")]]

    assert since.merged(*texts) == "awa:x:1:1:Awa:/home/awa:sh\n"


def test_administrators_of_a_group_are_somebodys_own_too():
    texts = ("adm:!:s:s\n", "adm:!:s,awa:s,awa\n", "adm:!:awa,bob:s,awa,bob\n")

    assert since.merged(*texts, since._LISTS["gshadow"]) == "adm:!:bob:s,bob\n"


@pytest.fixture
def wanted(tree, tmp_path, monkeypatch):
    """``wanted(subject, before, after, now)``: what a rollback wants of tables, packages or units."""

    def make(subject, before, after, now):
        part, function = PARTS[subject]
        store = str(tmp_path / "store")
        point = {**create("run", store, files=[str(tree)]), "firewall": {}, "packages": {"known": {}}, "units": {}}
        for room, name in PARTS.values():
            monkeypatch.setattr(room, name, lambda *_: {})
        point[subject] = {"known": before} if subject == "packages" else before
        since.durable.write_json(f"{store}/run/point.json", point)
        monkeypatch.setattr(part, function, lambda *_: after)
        since.note("run", store)
        monkeypatch.setattr(part, function, lambda *_: now)
        found = since.wanted(point, store)[subject]
        return found["known"] if subject == "packages" else found

    return make


def test_others_tables_stay_as_they_are_now(wanted):
    after = {**TABLES, "inet joliba": "x", "inet filter": "b"}
    now = {**after, "ip docker": "2", "inet fail2ban": "y"}

    assert wanted("firewall", TABLES, after, now) == {**TABLES, "ip docker": "2", "inet fail2ban": "y"}


def test_what_others_put_into_their_sets_is_theirs_and_what_they_are_not(wanted):
    def table(held, more=""):
        return f"table inet f2b {{\n\tset banned {{\n\t\ttype ipv4_addr\n{held}\t}}\n{more}}}\n"

    before, after = table(""), table("\t\telements = { 192.0.2.1 }\n")
    now = table("\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n")
    changed = table("", "\tchain input {\n\t}\n")

    assert wanted("firewall", {"inet f2b": before}, {"inet f2b": after}, {"inet f2b": now}) == {"inet f2b": now}
    assert wanted("firewall", {"inet f2b": before}, {"inet f2b": changed}, {"inet f2b": now}) == {"inet f2b": before}


def test_that_tables_were_unseen_before_the_run_is_still_known(wanted):
    unseen = {firewall.UNSEEN: "there is no nft"}

    assert wanted("firewall", unseen, TABLES, {**TABLES, "ip docker": "2"}) == unseen


def test_packages_that_others_installed_or_upgraded_since_stay(wanted):
    after = {"sudo": ["ii", "2"], "auditd": ["ii", "1"]}
    now = {"sudo": ["ii", "3"], "auditd": ["ii", "2"], "postgresql": ["ii", "1"]}

    assert wanted("packages", KNOWN, after, now) == {**KNOWN, "sudo": ["ii", "3"], "postgresql": ["ii", "1"]}
    assert wanted("packages", KNOWN, after, after) == KNOWN


def test_units_that_others_stopped_or_started_since_stay_so_but_for_the_way_in(wanted):
    before = {"exim4.service": True, "postfix.service": False, "auditd.service": False, "ssh.service": True}
    after = {**before, "auditd.service": True}
    now = {**after, "exim4.service": False, "postfix.service": True, "ssh.service": False}

    assert wanted("units", before, after, now) == {
        **before, "exim4.service": False, "postfix.service": True,
    }  # fmt: skip
