"""A pull request is answered: its data laid over the base's, judged by the base's program, told in one comment.

The judging is done by Joliba's own commands, each a process with an environment of its own: no variable of the forge,
and so no secret, is in it, except where a preview of a trusted request is asked for.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.environment import CHECKOUT
from infra.review.comment import Answer, comment
from infra.review.objects import Objects
from infra.review.pull_request import PullRequest, lay_over
from infra.review.wording import say

_KEPT = ("HOME", "JOLIBA_CACHE", "JOLIBA_HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "XDG_CACHE_HOME")
"""Variables of the caller's that a check may see."""
_REPORTS = {"sarif": "findings.sarif", "junit": "junit.xml"}
_MOST_SHEETS = 20
PATIENCE = 900
"""Seconds for the check, its reports and the sheets together; a forge's job gives more, so that it still can tell."""
PREVIEW_PATIENCE = 2100
"""Seconds for the preview, beside them."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to review: the repository, two of its commits, who vouches for the head, and what is wanted."""

    repository: Path
    base: str
    head: str
    lang: str
    trusted: bool
    preview: bool = False


def review(asked: Asked, folder: Path) -> Answer:
    """Review a pull request and write the answer into a folder.

    ``comment.md``, ``verdict.json``, ``findings.json``, ``outputs`` (lines for a forge's jobs), ``findings.sarif``,
    ``junit.xml``, ``previews.json``, and ``sheets/`` with one page a tenant, as far as one can be made. What takes too
    long is stopped, and the comment says so.

    Raises:
        JolibaError: no such commits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objects = Objects(asked.repository)
    with TemporaryDirectory(prefix="joliba-review-") as temporary:
        root = Path(temporary).resolve() / "project"
        root.mkdir(mode=0o700)
        request = lay_over(objects, asked.base, asked.head, root)
        objects.lend(root, request.base)
        trusted = asked.trusted and request.pure
        answer = _Review(root, request, asked.lang, folder).answer(trusted=trusted, preview=asked.preview and trusted)
    _write(answer, asked.lang, folder)
    return answer


class _Review:
    """Joliba's commands on what was laid over."""

    def __init__(self, root: Path, request: PullRequest, lang: str, folder: Path) -> None:
        self._root, self._request, self._lang, self._folder = root, request, lang, folder
        self._left, self._stopped = float(PATIENCE), False
        self._operations: tuple[str, ...] = ()

    def answer(self, *, trusted: bool, preview: bool) -> Answer:
        findings, failure = self._check()
        self._reports()
        refused = bool(failure) or any(each.get("severity") != "warning" for each in findings)
        previews, preview_failure = self._previews() if preview and not refused else ([], "")
        sheets = () if failure else self._sheets()
        return Answer(
            request=self._request,
            trusted=trusted,
            ok=not refused and not self._request.mixed,
            findings=findings,
            failure=failure,
            sheets=sheets,
            stopped=self._stopped and not failure,
            previews=previews,
            preview_failure=preview_failure,
        )

    def _check(self) -> tuple[list[dict[str, Any]], str]:
        """The findings, or why there are none."""
        if not self._judged():
            return [], ""
        done = self._joliba("check", "--json", *self._since, *self._judged())
        try:
            found = json.loads(done.stdout)["findings"]
        except (ValueError, KeyError, TypeError):
            return [], done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        return list(found), ""

    def _reports(self) -> None:
        if not self._judged():
            return
        for form, name in _REPORTS.items():
            if told := self._joliba("check", "--format", form, *self._since, *self._judged()).stdout:
                (self._folder / name).write_text(told, encoding="utf-8")

    def _sheets(self) -> tuple[str, ...]:
        names = []
        if self._request.tenants:
            (self._folder / "sheets").mkdir(exist_ok=True)
            for stack in self._request.tenants[:_MOST_SHEETS]:
                name = f"sheets/{stack}.html"
                self._joliba("sheet", stack, *self._since, *self._operations, "-o", str(self._folder.resolve() / name))
                if (self._folder / name).is_file():
                    names.append(name)
        return tuple(names)

    def _previews(self) -> tuple[list[dict[str, Any]], str]:
        if not self._request.stacks:
            return [], ""
        _as_project(self._root)
        done = self._joliba("preview", *self._request.stacks, "--json", secrets=True)
        try:
            previews = list(json.loads(done.stdout)["stacks"])
        except (ValueError, KeyError, TypeError):
            return [], done.stderr.strip() or f"exit code {done.returncode}"
        told = self._folder.resolve() / "previews.json"
        told.write_text(done.stdout, encoding="utf-8")
        self._operations = ("--operations", str(told))
        return previews, ""

    def _judged(self) -> list[str]:
        """What `check` is asked about: all that was taken, since a register may be another site's than the request."""
        return [str(self._root / path) for path in (*self._request.taken, *self._request.removed)]

    @property
    def _since(self) -> tuple[str, str]:
        return "--since", self._request.base

    def _joliba(self, *arguments: str, secrets: bool = False) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if secrets or name in _KEPT}
        ours = {"JOLIBA_ROOT": str(self._root), "JOLIBA_LANG": self._lang, "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1"}
        started, patience = time.monotonic(), PREVIEW_PATIENCE if secrets else self._left
        try:
            return subprocess.run(
                [sys.executable, "-P", "-m", "infra.cli.main", *arguments],
                cwd=self._root, env=kept | ours, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace", timeout=patience, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            self._stopped = self._stopped or not secrets
            minutes = (PREVIEW_PATIENCE if secrets else PATIENCE) // 60
            told = say(self._lang, "Stopped: {minutes} minutes were not enough.", minutes=minutes)
            return subprocess.CompletedProcess(arguments, 124, "", told)
        finally:
            if not secrets:
                self._left = max(0.0, self._left - (time.monotonic() - started))


def _as_project(root: Path) -> None:
    """Add what Pulumi needs beside the inventories: the base's program, and this installation."""
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    (root / "infra").mkdir(exist_ok=True)
    shutil.copy(CHECKOUT / "infra" / "__main__.py", root / "infra")
    (root / "schemas").symlink_to(CHECKOUT / "schemas")
    if not (root / ".joliba").exists():
        (root / ".joliba").symlink_to(CHECKOUT / ".joliba")


def _write(answer: Answer, lang: str, folder: Path) -> None:
    text = comment(answer, lang)
    verdict = {
        "trusted": answer.trusted,
        "ok": answer.ok,
        "stacks": answer.request.stacks,
        "refused_paths": [_told(refused.path) for refused in answer.request.refused],
    }
    (folder / "comment.md").write_text(text, encoding="utf-8")
    (folder / "verdict.json").write_text(f"{json.dumps(verdict, indent=2)}\n", encoding="utf-8")
    (folder / "findings.json").write_text(f"{json.dumps([*answer.findings], indent=2)}\n", encoding="utf-8")
    outputs = {
        "comment": base64.b64encode(text.encode()).decode(),
        "trusted": str(answer.trusted).lower(),
        "ok": str(answer.ok).lower(),
    }
    (folder / "outputs").write_text("".join(f"{name}={value}\n" for name, value in outputs.items()), encoding="utf-8")


def _told(path: bytes) -> str:
    return path.decode(errors="backslashreplace")
