"""The contract of the language host, through the installed CLI."""

import os
import select
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pulumi.automation
import pytest

from infra.toolchain import versions

COMPONENT = """
    import pulumi

    class Thing(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("trial:index:Thing", name)
            self.register_outputs({})
"""


def test_what_the_program_prints_reaches_the_user(project):
    project.program("""
        import sys
        print("to stdout")
        print("to stderr", file=sys.stderr)
        print("without an end of line", end="")
    """)

    shown = project.up()

    assert "to stdout" in shown
    assert "to stderr" in shown
    assert "without an end of line" in shown


@pytest.mark.parametrize(("asked", "told"), [((), False), (("-st",), False), (("--debug",), True), (("-d",), True)])
def test_debug_messages_are_shown_where_they_are_asked_for(project, asked, told):
    project.program("""
        import pulumi
        pulumi.log.info("an information")
        pulumi.log.debug("a detail")
    """)

    shown = project.pulumi("preview", *asked).stdout

    assert "an information" in shown
    assert ("a detail" in shown) == told


def test_the_program_reads_its_configuration_and_secrets_stay_secret(project):
    project.pulumi("config", "set", "size", "3")
    project.pulumi("config", "set", "--secret", "word", "tombouctou")
    project.program("""
        import pulumi
        config = pulumi.Config()
        pulumi.export("size", config.require_int("size"))
        pulumi.export("word", config.require_secret("word"))
        pulumi.export("names", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
    """)

    shown = project.up()

    assert "tombouctou" not in shown
    assert project.outputs() == {"size": 3, "word": "tombouctou", "names": ["trial", "t", "organization"]}
    assert "tombouctou" not in "".join(path.read_text() for path in (project.root / "state").rglob("*.json"))


def test_an_exception_shows_the_programs_own_traceback_once(project):
    project.program("""
        def deep():
            raise ValueError("the roof fell in")
        deep()
    """)

    shown = project.up(expect=1)

    assert shown.count("ValueError: the roof fell in") == 1
    assert shown.count('prog/__main__.py", line 4, in <module>') == 1
    assert "infra/toolchain" not in shown
    assert "BAIL" not in shown


def test_an_exception_inside_an_apply_shows_where_it_was_raised_once(project):
    project.program("""
        import pulumi
        def fail(value):
            raise ValueError(f"no use for {value}")
        pulumi.export("it", pulumi.Output.from_input(7).apply(fail))
    """)

    shown = project.up(expect=1)

    assert shown.count("ValueError: no use for 7") == 1
    assert "line 4, in fail" in shown
    assert "site-packages" not in shown


def test_a_run_error_shows_only_its_message(project):
    project.program("""
        import pulumi
        raise pulumi.RunError("say it simply")
    """)

    shown = project.up(expect=1)

    assert "say it simply" in shown
    assert "Traceback" not in shown


def test_a_syntax_error_shows_the_line(project):
    project.program("def (\n")

    shown = project.up(expect=1)

    assert "SyntaxError" in shown
    assert 'prog/__main__.py", line 1' in shown


@pytest.mark.parametrize(
    ("leaving", "code", "told"), [("0", 0, ""), ("3", 1, "exit code: 3"), ("'no way'", 1, "no way")]
)
def test_sys_exit_ends_the_run_with_its_meaning(project, leaving, code, told):
    project.program(f"""
        import sys
        sys.exit({leaving})
    """)

    shown = project.up(expect=code)

    assert told in shown


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("busy", ["while True: pass", "import time; time.sleep(60)"])
def test_a_busy_program_ends_at_a_signal(project, stop, busy):
    project.program(f'print("begun")\n{busy}\n')
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.root,
        env=project.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    next(line for line in running.stdout if "begun" in line)

    # Ctrl-C in a terminal goes to every process of the group; a supervisor's SIGTERM goes to the one it started.
    os.killpg(running.pid, stop) if stop == signal.SIGINT else running.send_signal(stop)
    running.communicate(timeout=30)

    assert running.returncode != 0
    assert project.pulumi("stack", "export").returncode == 0
    assert hosts_of(running.pid) == []


def test_the_host_ends_when_its_engine_is_killed(project):
    project.program('print("begun")\nimport time; time.sleep(60)\n')
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.root,
        env=project.variables(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    next(line for line in running.stdout if "begun" in line)

    running.kill()
    running.wait()
    deadline = time.monotonic() + 5
    while hosts_of(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert hosts_of(running.pid) == []
    project.pulumi("cancel", "--yes")


def hosts_of(session: int) -> list[int]:
    """The processes that are left of a session."""
    listed = subprocess.run(["ps", "-o", "pid=,stat=", "-s", str(session)], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "Z" not in line.split()[1]]


def test_preview_up_refresh_and_destroy_follow_each_other(project):
    project.program(COMPONENT + '    Thing("one")\n    pulumi.export("kept", pulumi.Stash("s", input="v").output)\n')

    assert "+ 3 to create" in project.pulumi("preview").stdout
    assert "+ 3 created" in project.up()
    assert "3 unchanged" in project.up()
    assert "3 unchanged" in project.pulumi("refresh", "--yes").stdout
    assert "3 unchanged" in project.pulumi("preview", "--refresh", "--expect-no-changes").stdout
    assert "- 3 deleted" in project.pulumi("destroy", "--yes").stdout
    assert project.outputs() == {}


def test_a_package_is_imported_from_its_parent_so_that_it_shadows_no_library(project):
    project.program("", file="prog/__init__.py")
    project.program("raise RuntimeError('the room was taken for the library')", file="prog/colorsys.py")
    project.program("here = __name__", file="prog/part.py")
    project.program("""
        import colorsys
        import pulumi
        from prog.part import here
        pulumi.export("part", here)
    """)

    project.up()

    assert project.outputs() == {"part": "prog.part"}


def test_a_plain_folder_imports_its_own_modules(project):
    project.program("here = __name__", file="prog/part.py")
    project.program("""
        import pulumi
        from part import here
        pulumi.export("part", here)
    """)

    project.up()

    assert project.outputs() == {"part": "part"}


def test_projects_run_side_by_side(projects):
    several = [projects(f"project-{number}") for number in range(3)]
    for number, project in enumerate(several):
        project.program(f"import pulumi\npulumi.export('number', {number})\n")

    with ThreadPoolExecutor() as side_by_side:
        list(side_by_side.map(lambda project: project.up(), several))

    assert [project.outputs() for project in several] == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_the_automation_api_runs_the_program_of_a_folder(project, monkeypatch):
    project.program("import pulumi\npulumi.export('it', 'works')\n")
    for name, value in project.variables().items():
        monkeypatch.setenv(name, value)
    workspace = pulumi.automation.LocalWorkspace(work_dir=str(project.root))
    stack = pulumi.automation.Stack.select("t", workspace)

    result = stack.up()
    again = stack.up()

    assert result.outputs["it"].value == "works"
    assert again.summary.resource_changes == {"same": 1}


def test_the_users_own_pulumi_is_never_touched(project, tmp_path, monkeypatch):
    own = tmp_path / "user" / ".pulumi"
    own.mkdir(parents=True)
    (own / "credentials.json").write_text("the user's")
    monkeypatch.setenv("HOME", str(own.parent))
    project.program("import pulumi_openstack\npulumi_openstack.Provider('it', cloud='nowhere')\n")

    project.up()
    project.pulumi("plugin", "ls")
    project.pulumi("stack", "select", "t")

    assert [path.relative_to(own.parent).as_posix() for path in own.parent.rglob("*")] == [
        ".pulumi",
        ".pulumi/credentials.json",
    ]
    assert (own / "credentials.json").read_text() == "the user's"


def test_no_update_is_looked_for_and_no_plugin_is_fetched(project, monkeypatch):
    project.program("""
        import pulumi
        pulumi.CustomResource("random:index/randomPet:RandomPet", "pet", {}, pulumi.ResourceOptions(version="4.18.4"))
    """)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1,localhost")

        shown = project.up(expect=1)
        project.pulumi("stack", "ls")

        assert "pulumi-resource-random" in shown
        assert select.select([proxy], [], [], 0)[0] == [], "somebody was called"


def test_about_and_install_answer_without_a_warning(project):
    about = project.pulumi("about")
    install = project.pulumi("install")

    host = next(line.split() for line in about.stdout.splitlines() if line.startswith("language"))
    assert host == ["language", "python", f"{versions.PULUMI}{versions.MARK}"]
    assert "warning" not in (about.stdout + about.stderr + install.stdout + install.stderr).lower()
