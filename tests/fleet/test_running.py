from infra.fleet.building import preview, up
from infra.fleet.events import Status


def test_an_up_builds_what_the_program_declares_and_a_second_one_changes_nothing(project):
    project.want(a={}, b={})
    job = project.job("ml-bko.sante")

    first, second = up(job), up(job)

    assert (first.status, first.counts["created"]) == (Status.OK, 3)  # with the stack itself
    assert not second.changed
    assert second.counts["same"] == 3
    assert project.made() == ["a", "b"]


def test_a_preview_names_what_would_change_and_changes_nothing(project):
    job = project.job("ml-bko.sante")
    up(job)
    project.want(a={})

    outcome = preview(job)

    assert [(change.action, change.name) for change in outcome.changes] == [("create", "a")]
    assert project.made() == []


def test_a_failed_create_is_told_by_its_resource_and_the_rest_is_built(project):
    project.want(a={"fails": "quota exceeded"}, b={})

    outcome = up(project.job("ml-bko.sante"))

    assert outcome.status is Status.FAILED
    assert outcome.errors == ("a: quota exceeded",)
    assert project.made() == ["b"]


def test_an_exception_of_the_program_is_told_once(project):
    (project.root / "infra" / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('not like this')\n")

    outcome = up(project.job("ml-bko.sante"))

    assert outcome.errors == ("not like this",)


def test_progress_is_told_while_it_happens(project):
    project.want(a={"seconds": 1})
    job, seen = project.job("ml-bko.sante"), []
    watched = type(job)(job.stack, job.datacenter, job.runner, lambda _, tally: seen.append(dict(tally.running)))

    up(watched)

    assert any("a" in running.values() for running in seen)


def test_pulumi_never_gets_the_callers_credentials(project, monkeypatch):
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_PASSWORD", "OS_CLIENT_SECURE_FILE"):
        monkeypatch.setenv(name, "elsewhere")

    given = {name for name in project.datacenter.backend.variables() if name.startswith("OS_")}

    assert given == {"OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"}
