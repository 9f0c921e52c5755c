"""A rollback long after its run takes back what the run did, and leaves what others did since."""

import pytest
from ansible.module_utils.joliba.restore import firewall, packages, revert, since
from restore_points import create

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

    rolled_back(run)

    assert contents(tree) == {**BEFORE, "pam.d/login": "by others\n"}


def test_a_rollback_that_was_cut_off_goes_on_with_what_it_began_with(tree, run):
    (tree / "pam.d/postgresql").write_text("by others\n")
    (point,) = revert.points.listed(str(run))
    since.begun(point, str(run))
    (tree / "pam.d/postgresql").unlink()  # a removed package's script
    (tree / "pam.d/login").write_text("by the script\n")

    rolled_back(run)

    assert contents(tree) == {**BEFORE, "pam.d/postgresql": "by others\n"}


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


@pytest.fixture
def wanted(tree, tmp_path, monkeypatch):
    """``wanted(subject, before, after, now)``: what a rollback wants of tables or packages."""

    def make(subject, before, after, now):
        part, function = {"firewall": (firewall, "capture"), "packages": (packages, "installed")}[subject]
        store = str(tmp_path / "store")
        point = {**create("run", store, files=[str(tree)]), "firewall": {}, "packages": {"known": {}}}
        monkeypatch.setattr(firewall, "capture", dict)
        monkeypatch.setattr(packages, "installed", dict)
        point[subject] = {"known": before} if subject == "packages" else before
        since.durable.write_json(f"{store}/run/point.json", point)
        monkeypatch.setattr(part, function, lambda: after)
        since.note("run", store)
        monkeypatch.setattr(part, function, lambda: now)
        found = since.wanted(point, store)[subject]
        return found["known"] if subject == "packages" else found

    return make


def test_others_tables_stay_as_they_are_now(wanted):
    after = {**TABLES, "inet joliba": "x", "inet filter": "b"}
    now = {**after, "ip docker": "2", "inet fail2ban": "y"}

    assert wanted("firewall", TABLES, after, now) == {**TABLES, "ip docker": "2", "inet fail2ban": "y"}


def test_packages_that_others_installed_or_upgraded_since_stay(wanted):
    after = {"sudo": ["ii", "2"], "auditd": ["ii", "1"]}
    now = {"sudo": ["ii", "3"], "auditd": ["ii", "2"], "postgresql": ["ii", "1"]}

    assert wanted("packages", KNOWN, after, now) == {**KNOWN, "sudo": ["ii", "3"], "postgresql": ["ii", "1"]}
    assert wanted("packages", KNOWN, after, after) == KNOWN
