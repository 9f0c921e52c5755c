"""What the program finds when it begins: libraries before rooms of the same name, and each module once."""

import json
import subprocess
import sys

import pytest

from infra import environment

INFRA = environment.CHECKOUT / "infra"
BEGINNING = (INFRA / "__main__.py").read_text(encoding="utf-8").removesuffix("\nrun()\n")
LOOK = """
import json
import sys
files = [str(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print("seen:" + json.dumps({"path": sys.path, "files": files, "run": run.__module__}))
"""


def seen(output):
    return json.loads(next(line.partition("seen:")[2] for line in output.splitlines() if "seen:" in line))


def under_our_host(project):
    (project.root / "Pulumi.yaml").write_text("name: trial\nmain: infra\nruntime: python\n")
    project.program("", file="infra/__init__.py")
    (project.root / "infra" / "__main__.py").write_text(BEGINNING + LOOK)
    return seen(project.up())


def under_a_host_that_puts_the_programs_folder_first(_):
    file = str(INFRA / "__main__.py")
    begin = f"exec(compile({BEGINNING + LOOK!r}, {file!r}, 'exec'), {{'__name__': '__main__', '__file__': {file!r}}})"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(INFRA)!r}); {begin}"]
    return seen(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("host", [under_our_host, under_a_host_that_puts_the_programs_folder_first])
def test_rooms_are_no_libraries_and_nothing_is_loaded_twice(trial, host):
    found = host(trial)

    folders = {str(INFRA), str(trial.root / "infra")}
    assert folders.isdisjoint(found["path"])
    assert found["run"] == "infra.datacenter.program"
    own = [file for file in found["files"] if file.startswith(f"{INFRA}/")]
    assert len(own) > 50
    assert sorted(own) == sorted(set(own))
