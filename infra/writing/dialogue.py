"""The questions of ``joliba new``, in order; who answers them is a `Respondent`: a person, or a file of answers."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

from infra.intake.findings import Finding, Path, Place
from infra.writing.catalogue import Catalogue, Choice
from infra.writing.draft import Draft
from infra.writing.fields import ANY, Field, field_at
from infra.writing.wording import say

_REVIEW_AFTER = 365
"""Days until the review that is suggested."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that is asked. ``suggested`` is what no answer means; ``ends``: no answer means that no more come."""

    path: Path
    label: str
    reason: str
    example: str
    choices: tuple[Choice, ...] = ()
    suggested: str | None = None
    ends: bool = False


class Respondent(Protocol):
    """Whoever answers."""

    def begin(self, title: str, told: Sequence[str]) -> None:
        """A part begins; ``told`` is worth knowing before its questions."""

    def answer(self, question: Question) -> str:
        """The answer to a question; nothing means its suggestion, or that no more come.

        Raises:
            EOFError: nobody answers any more.
        """

    def tell(self, question: Question, findings: Sequence[Finding]) -> None:
        """What is wrong with the answer, or worth a warning; after an error the question comes again.

        Raises:
            RefusedError: it cannot be answered differently.
        """


class Dialogue:
    """Asks for one tenant's request."""

    def __init__(self, catalogue: Catalogue, draft: Draft, respondent: Respondent, lang: str, today: date) -> None:
        self._catalogue, self.draft, self._respondent, self._lang = catalogue, draft, respondent, lang
        self._today = today

    def run(self, tenant: str | None = None) -> None:
        """Ask everything; the draft then holds the request.

        Raises:
            EOFError: nobody answered.
            RefusedError: an answer of a file is refused.
        """
        self._identity(tenant)
        self._listed(("deviations",), ("rule", "reason", "owner", "approver", "expires"))  # before what they allow
        self._contacts()
        self._networks()
        self._each(("platforms",), self._platform)
        self._each(("buckets",), lambda path: self._ask((*path, "size")))
        self._each(("access", "groups"), self._group, example=f"{self.draft.name}-exploitation")
        self._listed(("egress",), ("to", "ports", "reason"))
        self._rest()

    def _identity(self, tenant: str | None) -> None:
        self._begin("identity")
        self._ask(("tenant",), answered=tenant)
        for key in ("ministry", "reason"):
            self._ask((key,))
        self._begin("classification")
        for choice in self._catalogue.choices("classification", self._lang):
            told = " ".join(self._catalogue.brought_by(choice.name, self._lang))
            self._respondent.begin("", [say(self._lang, "{choice}: {told}", choice=choice, told=told)])
        self._ask(("classification",))
        if self._catalogue.profiles():
            self._ask(("profile",), optional=True)
        for key in ("personal", "health"):
            self._yes(("data", key))

    def _contacts(self) -> None:
        for role in ("owner", "technical", "security"):
            self._begin(field_at("contacts", role).label(self._lang), field_at("contacts", role))
            for key in ("name", "email"):
                self._ask(("contacts", role, key))

    def _networks(self) -> None:
        def one(path: Path) -> None:
            self._ask((*path, "hosts"), suggested="20")

        self._each(("networks",), one, needed=not self.draft.merged.get("networks"))

    def _platform(self, path: Path) -> None:
        self._ask((*path, "description"), optional=True)
        self._each((*path, "tiers"), self._tier, needed=True)
        flows = (*path, "flows")
        told = say(self._lang, "Another tenant's tier: tenant/application.tier; that tenant declares the same flow.")
        choices: dict[str, Callable[[Path], list[str]]] = {"from": self._ends, "to": self._tiers}
        self._listed(flows, ("from", "to", "ports"), choices=choices, told=told)
        self._each((*path, "publish"), self._published)

    def _tier(self, path: Path) -> None:
        networks = list(self.draft.merged.get("networks", {}))
        self._ask((*path, "network"), choices=_plain(networks), suggested=networks[-1] if networks else None)
        for key in ("count", "flavor", "image", "volume_type"):
            self._ask((*path, key), inherited=("tier", key))
        self._each((*path, "volumes"), lambda volume: self._ask((*volume, "size")))

    def _published(self, path: Path) -> None:
        tiers = self._tiers(path)
        self._ask((*path, "tier"), choices=_plain(tiers), suggested=tiers[0] if tiers else None)
        self._ask((*path, "port"), suggested="443")

    def _group(self, path: Path) -> None:
        role = self._question((*path, "role"), suggested="member", choices=self._catalogue.choices("role", self._lang))
        self._settle(role, path, lambda text: text)
        said, keys = self.draft.values["access"]["groups"][path[-1]], list[str]()
        while True:  # a role alone stands for a group without keys
            question = self._question((*path, "keys", len(keys)), ends=True)
            self._settle(question, path, partial(_with_key, said, keys))
            given = _names(self.draft.values, (*path, "keys"))
            if len(given) == len(keys):
                return
            keys = given

    def _rest(self) -> None:
        self._begin("rest")
        self._ask(("hardening", "level"), inherited=("hardening", "level"))
        for key in ("every_hours", "keep_days"):
            self._backups(key)
        self._ask(("review_by",), suggested=date.fromordinal(self._today.toordinal() + _REVIEW_AFTER).isoformat())

    def _backups(self, key: str) -> None:
        """Both figures are written where one differs: the schema wants both."""
        usual = self.draft.merged.get("backups", {})
        self._ask(("backups", key), inherited=("backups", key))
        written = self.draft.values.get("backups", {})
        if written and usual:
            self.draft.values["backups"] = {**usual, **written}

    # how a question is asked

    def _begin(self, title: str, field: Field | None = None) -> None:
        told = [field.description(self._lang)] if field else []
        self._respondent.begin(title if field else say(self._lang, f"part {title}"), told)

    def _question(self, path: Path, **more: Any) -> Question:  # noqa: ANN401  the question's other fields
        field = field_at(*_form(path))
        return Question(
            path=path,
            label=field.label(self._lang),
            reason=field.description(self._lang),
            example=field.example,
            **more,
        )

    def _ask(
        self,
        path: Path,
        *,
        answered: str | None = None,
        suggested: str | None = None,
        inherited: Path | None = None,
        choices: tuple[Choice, ...] | None = None,
        optional: bool = False,
    ) -> None:
        field = field_at(*_form(path))
        usual = self.draft.inherited(inherited) if inherited else None
        question = self._question(
            path,
            suggested=str(usual) if usual is not None else suggested,
            choices=self._choices(field) if choices is None else choices,
            ends=optional,
        )

        def read(text: str) -> Any:  # noqa: ANN401  what the field holds
            value = _value(text, field)
            return None if usual is not None and value == usual else value

        if answered is not None and not self._keep(question, path, read(answered)):
            return
        self._settle(question, path, read)

    def _settle(self, question: Question, path: Path, read: Callable[[str], Any]) -> None:
        """Ask until the answer is accepted."""
        while True:
            text = _chosen(self._respondent.answer(question).strip(), question.choices)
            if not text and question.ends:
                return
            value = read(text or question.suggested or "")
            if value is None or not self._keep(question, path, value):
                return

    def _keep(self, question: Question, path: Path, value: Any) -> bool:  # noqa: ANN401  a plain value
        """Keep a value. Says whether it was refused."""
        found = self._new_name(path, value) or self.draft.put(path, value)
        if found:
            self._respondent.tell(question, found)
        return any(each.severity == "error" for each in found)

    def _new_name(self, path: Path, value: object) -> list[Finding]:
        if path == ("tenant",) and value in self._catalogue.tenants:
            return [Finding("WRITING-EXISTS", Place("", path="tenant"), {"found": str(value)})]
        return []

    def _yes(self, path: Path) -> None:
        question = self._question(
            path, choices=_plain(say(self._lang, "no,yes").split(",")), suggested=say(self._lang, "no")
        )
        self._settle(question, path, lambda text: True if _is_yes(text) else None if _is_no(text) else text)

    def _each(
        self, path: Path, inside: Callable[[Path], None], *, needed: bool = False, example: str | None = None
    ) -> None:
        """Ask for the entries of a map: a name, then what is inside, until no name comes."""
        field = field_at(*_form(path))
        self._begin(field.label(self._lang), field)
        entry = field_at(*_form(path), ANY)
        while True:
            first = not _names(self.draft.values, path)
            question = Question(
                path=(*path, ANY),
                label=entry_label(path, self._lang),
                reason=entry.description(self._lang),
                example=example or field.name_example,
                ends=not (needed and first),
            )
            name = self._name(question, path)
            if name is None:
                return
            inside((*path, name))

    def _name(self, question: Question, path: Path) -> str | None:
        while True:
            text = self._respondent.answer(question).strip()
            if not text and question.ends:
                return None
            found = self.draft.put((*path, text), {})
            if found:
                self._respondent.tell(question, found)
            if not any(each.severity == "error" for each in found):
                return text

    def _listed(
        self,
        path: Path,
        keys: Iterable[str],
        choices: dict[str, Callable[[Path], list[str]]] | None = None,
        told: str | None = None,
    ) -> None:
        """Ask for the entries of a list, key by key, until the first key gets no answer."""
        field = field_at(*_form(path))
        self._begin(field.label(self._lang), field)
        if told:
            self._respondent.begin("", [told])
        first, *others = keys
        position = 0
        while True:
            inner = (*path, position)
            offered = {key: _plain(names(path)) for key, names in (choices or {}).items()}
            self._ask((*inner, first), choices=offered.get(first), optional=True)
            if len(_names(self.draft.values, path)) <= position:
                return
            for key in others:
                self._ask((*inner, key), choices=offered.get(key))
            position += 1

    def _choices(self, field: Field) -> tuple[Choice, ...]:
        return self._catalogue.choices(field.key, self._lang)

    def _tiers(self, path: Path) -> list[str]:
        platform = self.draft.merged.get("platforms", {}).get(path[1], {})
        return list(platform.get("tiers", {}))

    def _ends(self, path: Path) -> list[str]:
        platforms = self.draft.merged.get("platforms", {})
        others = [
            f"{name}.{tier}" for name, inner in platforms.items() if name != path[1] for tier in inner.get("tiers", {})
        ]
        return ["internet", "administration", *self._tiers(path), *others]


def _with_key(role: str, keys: Sequence[str], key: str) -> dict[str, Any]:
    return {"role": role, "keys": [*keys, key]}


def entry_label(path: Path, lang: str) -> str:
    """What the name of a map's entry is called."""
    return field_at(*_form(path), ANY).label(lang)


def _form(path: Path) -> tuple[str, ...]:
    """A path with ``*`` for the names and positions that the ministry chose."""
    found: list[str] = []
    for part in path:
        try:
            field_at(*found, str(part))
            found.append(str(part))
        except KeyError:
            found.append(ANY)
    return tuple(found)


def _value(text: str, field: Field) -> Any:  # noqa: ANN401  what the field holds
    """An answer as the field's kind of value; what is none stays a text, for the checks to say so."""
    kind = field.node.get("type")
    if kind == "integer" and re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    if kind == "array":
        return [part for part in re.split(r"[\s,;]+", text) if part]
    return text


def _chosen(text: str, choices: tuple[Choice, ...]) -> str:
    """A choice's name for its number."""
    names = [choice.name for choice in choices]
    if text not in names and text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
        return names[int(text) - 1]
    return text


def _names(values: Any, path: Path) -> list[Any]:  # noqa: ANN401  plain values
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return []
        values = values[step]
    return list(values)


def _plain(names: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(name=name) for name in names)


def _is_yes(text: str) -> bool:
    return text.lower() in {"y", "yes", "o", "oui", "true"}


def _is_no(text: str) -> bool:
    return text.lower() in {"n", "no", "non", "false"}
