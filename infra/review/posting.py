"""The answer on the forge: one comment that is found again and updated. Standard library only, and no library of ours.

``python3 -IS infra/review/posting.py github|forgejo|gitlab [FILE]`` (isolated: no package and no setting of the user's
is loaded beside the token), with the environment

- ``FORGE_API``: the forge's own API (``https://forge.example/api/v1``),
- ``REPOSITORY``: ``owner/name``, or GitLab's number of the project; ``NUMBER``: the pull request's,
- ``HEAD``: the commit that was answered; a request that has another by now is left alone,
- ``TOKEN``: that may comment, and nothing else,
- ``COMMENT``: the text in base64, as the jobs hand it over; or the file that an argument names,
- ``RUN``: the address of the run that keeps findings and sheets,
- ``AUTHOR``: whose comment is updated, by name (default: the forge's own automaton; GitLab: whose token it is).

``posting.py gitlab --forks`` prints ``NUMBER COMMIT`` of each fork's open merge request whose commit has no answer yet.

Only a comment that begins with the marker *and* is its author's is updated: anybody can write the marker. If two jobs
wrote one each at once, the newest is updated and the others are deleted.
"""

import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

MARKER = "<!-- joliba -->"
AUTOMATA = {"github": ("login", "github-actions[bot]"), "forgejo": ("id", -2)}
"""Who writes with the token that a job is given, by what no person can have: GitHub's name has brackets; Forgejo and
Gitea keep the number (``ActionsUserID``), but not each other's name: on Gitea anybody may be called forgejo-actions."""
_MOST = 1000  # entries of a list
_PAGES = {"github": ("per_page", 50), "forgejo": ("limit", 50), "gitlab": ("per_page", 10)}
"""Entries of one page. Forgejo gives 50 at most; on GitLab ten texts, of a million characters each and six bytes a
character in JSON, are within `_LARGEST`, so that nobody's texts hide what comes after them."""
_PATIENCE = 30  # seconds
_LARGEST = 64 * 1024 * 1024  # bytes of an answer
_WAITS = (1, 5, 25)  # seconds before each further try, unless the forge says how many
_LONGEST_WAIT = 240  # seconds, all waits together: the job has ten minutes
_TOO_MANY = 429
_FORBIDDEN = 403  # GitHub's word for too many requests, if it says when to come again
_FAILED = 500  # and above: the forge's own failures
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


_Result = TypeVar("_Result")


class PostingError(Exception):
    """What the forge or the environment lacks, in one message without the token."""


class _PassingError(PostingError):
    """What may be over in ``after`` seconds, if the forge said how many."""

    def __init__(self, message: str, after: int | None = None) -> None:
        super().__init__(message)
        self.after = after


class _NoRedirect(HTTPRedirectHandler):
    """A token is for one host: wherever a redirect leads, it does not go."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401  the library's signature
        return None


class Forge:
    """A pull request's comments on one forge."""

    def __init__(self, kind: str, environ: Mapping[str, str]) -> None:
        missing = [name for name in ("FORGE_API", "REPOSITORY", "TOKEN") if not environ.get(name)]
        if missing:
            raise PostingError(f"not set: {', '.join(missing)}")
        api, repository = environ["FORGE_API"], environ["REPOSITORY"]
        address = urlsplit(api)
        if address.scheme != "https" and address.hostname not in _LOOPBACK:
            raise PostingError("FORGE_API is not https: the token would be readable on the way")
        self._kind, self._api, self._token = kind, api.rstrip("/"), environ["TOKEN"]
        if kind == "gitlab":
            self._requests = f"/projects/{quote(repository, safe='')}/merge_requests"
        else:
            owner, _, name = repository.partition("/")
            self._requests = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}/issues"
        name = "username" if kind == "gitlab" else "login"
        self._author = (name, environ["AUTHOR"]) if environ.get("AUTHOR") else AUTOMATA.get(kind)
        self._opener = build_opener(_NoRedirect)
        self._waiting = _LONGEST_WAIT

    def post(self, number: str, head: str, text: str) -> str:
        """Write the comment on commit ``head``, or update it, unless the request has moved on; says which."""
        if not re.fullmatch(r"[0-9]{1,12}", number):
            raise PostingError("NUMBER is no number")
        if not _COMMIT.fullmatch(head):
            raise PostingError("HEAD is no commit")
        return self._patiently(lambda: self._post(number, head, text))

    def _post(self, number: str, head: str, text: str) -> str:
        comments = self._comments(number)
        single = comments if self._kind == "gitlab" else f"{self._requests}/comments"
        older = self._answers(comments)
        newest = older.pop() if older else None
        if (now := self._head(number)) != head:
            return f"not written: the request's commit is {now} by now, which is answered by itself"
        if newest is None:
            self._call("POST", comments, {"body": text})
            return "written"
        self._call("PUT" if self._kind == "gitlab" else "PATCH", f"{single}/{newest['id']}", {"body": text})
        for each in older:
            self._call("DELETE", f"{single}/{each['id']}")
        return "updated"

    def forks(self) -> Iterator[tuple[int, str]]:
        """Number and last commit of GitLab's open merge requests of forks whose last commit has no answer of ours.

        One whose notes cannot be read is told on standard error, and holds up no other.
        """
        for number, head in self._patiently(self._heads_of_forks):
            try:
                answers = self._patiently(partial(self._answers, self._comments(str(number))))
            except PostingError as error:
                sys.stderr.write(f"posting: {error}\n")
                continue
            told = _COMMIT.search(answers[-1]["body"]) if answers else None
            if told is None or told[0] != head:  # the first that it names is its own; the rest may be a stranger's
                yield number, head

    def _heads_of_forks(self) -> list[tuple[int, str]]:
        return [
            (int(each["iid"]), str(each["sha"]))
            for each in self._pages(self._requests, "&state=opened&target_branch=main")
            if each["source_project_id"] != each["target_project_id"] and _COMMIT.fullmatch(str(each["sha"]))
        ]

    def _comments(self, number: str) -> str:
        return f"{self._requests}/{number}/{'notes' if self._kind == 'gitlab' else 'comments'}"

    def _head(self, number: str) -> str:
        if self._kind == "gitlab":
            return str(self._call("GET", f"{self._requests}/{number}")["sha"])
        return str(self._call("GET", f"{self._requests.removesuffix('issues')}pulls/{number}")["head"]["sha"])

    def _answers(self, comments: str) -> list[Mapping[str, Any]]:
        """Our comments, oldest first."""
        return sorted((each for each in self._pages(comments) if self._is_ours(each)), key=lambda each: each["id"])

    def _is_ours(self, comment: Mapping[str, Any]) -> bool:
        if self._author is None:
            self._author = ("username", self._call("GET", "/user")["username"])
        key, value = self._author
        author = comment.get("author" if self._kind == "gitlab" else "user") or {}
        return str(comment.get("body", "")).startswith(MARKER) and author.get(key) == value

    def _pages(self, path: str, also: str = "") -> Iterator[Mapping[str, Any]]:
        name, size = _PAGES[self._kind]
        seen = set()
        for page in range(1, _MOST // size + 1):
            found = self._call("GET", f"{path}?{name}={size}&page={page}{also}")
            new = [each for each in found if each["id"] not in seen]  # a forge that knows no pages gives all each time
            yield from new
            seen |= {each["id"] for each in new}
            if len(found) < size or not new:
                return

    def _patiently(self, work: Callable[[], _Result]) -> _Result:
        """Do a work again that the forge failed: all of it, since a comment may be there although no answer came."""
        for wait in _WAITS:
            try:
                return _understood(work)
            except _PassingError as error:
                seconds = wait if error.after is None else error.after
                if seconds > self._waiting:
                    raise
            self._waiting -= seconds
            time.sleep(seconds)
        return _understood(work)

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401  JSON
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "joliba"}
        if self._kind == "gitlab":
            headers["PRIVATE-TOKEN"] = self._token
        else:
            headers["Authorization"] = f"{'Bearer' if self._kind == 'github' else 'token'} {self._token}"
        request = Request(  # noqa: S310  https, or loopback: see above
            f"{self._api}{path}", method=method, headers=headers, data=json.dumps(body).encode() if body else None
        )
        asked = f"{method} {path.partition('?')[0]}"
        try:
            with self._opener.open(request, timeout=_PATIENCE) as answer:
                content = answer.read(_LARGEST + 1)
        except HTTPError as error:
            after = error.headers.get("Retry-After", "")
            told = f"{asked}: the forge answered {error.code}"
            if error.code >= _FAILED or error.code == _TOO_MANY or (error.code == _FORBIDDEN and after):
                raise _PassingError(told, int(after) if after.isdecimal() else None) from None
            raise PostingError(told) from None
        except (OSError, HTTPException) as error:
            raise _PassingError(f"{asked}: no answer of the forge ({error})") from None
        if len(content) > _LARGEST:
            raise PostingError(f"{asked}: the forge answered more than {_LARGEST >> 20} MiB")
        try:
            return json.loads(content) if content else None
        except ValueError as error:
            raise PostingError(f"{asked}: no answer of the forge ({error})") from None


def _understood(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise PostingError(f"the forge's answer is not as its documentation says ({error!r})") from error


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Post the comment: 0 done, 2 wrong use, 3 the forge failed."""
    if not arguments or arguments[0] not in ("github", "forgejo", "gitlab"):
        sys.stderr.write("posting: say github, forgejo or gitlab\n")
        return 2
    kind, *rest = arguments
    try:
        if rest == ["--forks"]:
            for number, head in Forge(kind, environ).forks():
                sys.stdout.write(f"{number} {head}\n")
            return 0
        text = Path(rest[0]).read_text("utf-8") if rest else base64.b64decode(environ.get("COMMENT", "")).decode()
        if not text.startswith(MARKER):
            sys.stderr.write("posting: this is no answer of Joliba's\n")
            return 2
        run = f"\n{environ['RUN']}\n" if environ.get("RUN") else ""
        done = Forge(kind, environ).post(environ.get("NUMBER", ""), environ.get("HEAD", ""), text + run)
        sys.stdout.write(f"comment {done}\n")
    except PostingError as error:
        sys.stderr.write(f"posting: {error}\n")
        return 3
    except (OSError, ValueError) as error:
        sys.stderr.write(f"posting: no comment to post: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
