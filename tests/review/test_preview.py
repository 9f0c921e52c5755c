"""What a trusted request would do in a real cloud, in its comment and in its decision sheet."""

import json
import re
import subprocess
import sys

import pytest

from infra.environment import CHECKOUT

AGRICULTURE = "inventories/ml-bko/tenants/agriculture.yaml"
PREVIEWED = {
    "ok": True,
    "stacks": [
        {"stack": "ml-bko.sante", "status": "ok",
         "changes": [{"action": "create", "type": "openstack:compute/instance:Instance", "name": "<b>app-3</b>"}]},
        {"stack": "ml-bko.justice", "status": "ok", "changes": []},
        {"stack": "ml-bko.education", "status": "failed", "changes": [], "errors": ["no"]},
    ],
}  # fmt: skip


def _operations(page: str) -> list[tuple[str, ...]] | None:
    """The rows of the sheet's table of operations; none if the sheet has no such part."""
    part = re.search(r'<section aria-labelledby="operations">(.*?)</section>', page, flags=re.DOTALL)
    return part and re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", part[1])


def test_a_previewed_requests_comment_and_sheet_have_its_operations(repository, review, site):
    repository.change(AGRICULTURE, "reason: ", "reason: Puis ")
    repository.commit()

    done, folder = review("--trusted", "--stack-preview")

    comment = (folder / "comment.md").read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    (stack,) = json.loads((folder / "previews.json").read_text())["stacks"]
    assert (stack["stack"], stack["status"]) == (f"{site}.agriculture", "ok")
    assert "What would change in the cloud:" in comment
    assert f"{site}.agriculture: ok" in comment
    rows = _operations((folder / "sheets" / f"{site}.agriculture.html").read_text())
    assert rows == [(each["action"], each["type"], each["name"]) for each in stack["changes"]]
    assert {"openstack:compute/instance:Instance", "openstack:networking/network:Network"} <= {row[1] for row in rows}


def test_without_a_preview_the_sheet_says_nothing_of_operations(repository, review):
    repository.change(AGRICULTURE, "reason: ", "reason: Puis ")
    repository.commit()

    _, folder = review("--trusted")

    assert _operations((folder / "sheets" / "ml-bko.agriculture.html").read_text()) is None


@pytest.fixture
def sheet(root, tmp_path):
    """``joliba sheet`` with what a preview said."""

    def run(tenant: str, said: str) -> tuple[int, str, str]:
        (tmp_path / "previews.json").write_text(said)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "infra.cli.main", "sheet", tenant, "--operations", tmp_path / "previews.json",
             "-o", tmp_path / "sheet.html"],
            env={"PATH": "/usr/bin:/bin", "JOLIBA_ROOT": str(root), "PYTHONPATH": str(CHECKOUT), "JOLIBA_LANG": "en"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        page = tmp_path / "sheet.html"
        return done.returncode, done.stderr, page.read_text() if page.exists() else ""

    return run


@pytest.mark.parametrize(
    ("tenant", "rows"),
    [
        ("ml-bko.sante", [("create", "openstack:compute/instance:Instance", "&lt;b&gt;app-3&lt;/b&gt;")]),
        ("ml-bko.justice", []),
        ("ml-bko.education", None),
        ("ml-bko.finances", None),
    ],
)
def test_a_sheet_has_the_operations_of_its_own_stacks_successful_preview(sheet, tenant, rows):
    code, _, page = sheet(tenant, json.dumps(PREVIEWED))

    assert code == 0
    assert _operations(page) == rows
    assert ("the cloud is as the request says" in page) == (rows == [])


@pytest.mark.parametrize("said", ["", "{}", "[1]", '{"stacks": [{"stack": "ml-bko.sante"}]}'])
def test_what_is_no_preview_is_wrong_use(sheet, said):
    code, told, page = sheet("ml-bko.sante", said)

    assert (code, page) == (2, "")
    assert "not what `joliba preview --json` says" in told
