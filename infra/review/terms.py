"""What becomes of what a request says without building anything: contacts, classification, access."""

from collections.abc import Callable, Iterator

from infra.intake.findings import Path
from infra.model.classification import Classification, Lifecycle
from infra.model.tenant import AccessGroup, Backups, Contact, Deviation, Tenant, Tier
from infra.review.change import Action, Change, Pair, Subject

_ORDER = list(Classification)


def lowered(was: Classification, now: Classification) -> bool:
    """Whether data is to be protected less than before."""
    return _ORDER.index(now) < _ORDER.index(was)


def group_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of the groups of people that have access."""
    before = pair.was.groups if pair.was else {}
    after = pair.now.groups if pair.now else {}
    for name in dict.fromkeys([*after, *before]):
        old, new, path = before.get(name), after.get(name), ("access", "groups", name)
        if (old and old.role) != (new and new.role):
            code, action = "DIFF-GROUP-CHANGED", Action.CHANGE
            if old is None:
                code, action = "DIFF-GROUP-CREATED", Action.CREATE
            elif new is None:
                code, action = "DIFF-GROUP-DESTROYED", Action.DESTROY
            yield pair.change(code, action, Subject.GROUP, name, path, before=_role(old), after=_role(new))
        if old and new and set(old.keys) != set(new.keys):
            counts = {
                "added": str(len(set(new.keys) - set(old.keys))), "removed": str(len(set(old.keys) - set(new.keys)))
            }  # fmt: skip
            yield pair.change("DIFF-GROUP-KEYS", Action.CHANGE, Subject.GROUP, name, path, values=counts)


def _role(group: AccessGroup | None) -> str | None:
    return group.role.value if group else None


def term_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of the classification, the lifecycle, and of all that is only said."""
    was, now = pair.was, pair.now
    if was is None or now is None:
        return
    if was.lifecycle is not now.lifecycle:
        yield _lifecycle(pair, was, now)
    if was.classification is not now.classification:
        code = (
            "DIFF-CLASSIFICATION-LOWERED" if lowered(was.classification, now.classification) else "DIFF-CLASSIFICATION"
        )
        yield pair.change(
            code, Action.CHANGE, Subject.CLASSIFICATION, now.name, ("classification",),
            before=was.classification.value, after=now.classification.value,
        )  # fmt: skip
    for path, word, said in _SAID:
        before, after = said(was), said(now)
        if before != after:
            yield _said(pair, path, word, before, after)
    yield from _descriptions(pair, was, now)
    yield from _tiers(pair, was, now)


def _lifecycle(pair: Pair, was: Tenant, now: Tenant) -> Change:
    retires = now.lifecycle is Lifecycle.RETIRED
    return pair.change(
        "DIFF-LIFECYCLE-RETIRED" if retires else "DIFF-LIFECYCLE-ACTIVE",
        Action.CHANGE, Subject.LIFECYCLE, now.name, ("lifecycle",),
        before=was.lifecycle.value, after=now.lifecycle.value, count=0,
        loses_data=retires and bool(was.buckets or any(True for _ in was.tiers())),
    )  # fmt: skip


def _said(pair: Pair, path: Path, word: str, before: str | None, after: str | None) -> Change:
    return pair.change(
        "DIFF-TERMS", Action.CHANGE, Subject.TERMS, word, path,
        before=before, after=after, count=0, values={"what_word": word},
    )  # fmt: skip


def _descriptions(pair: Pair, was: Tenant, now: Tenant) -> Iterator[Change]:
    for name in now.platforms.keys() & was.platforms.keys():
        before, after = was.platforms[name].description, now.platforms[name].description
        if before != after:
            yield _said(pair, ("platforms", name, "description"), "Description of a platform", before, after)
    old_reasons = {str(rule.to): rule.reason for rule in was.egress}
    for rule in now.egress:
        before = old_reasons.get(str(rule.to))
        if before is not None and before != rule.reason:
            yield _said(pair, ("egress",), "Reason of a way out", before, rule.reason)


def _tiers(pair: Pair, was: Tenant, now: Tenant) -> Iterator[Change]:
    """What a tier says of its servers for their hardening and audit: nothing of them changes in the cloud."""
    earlier = dict(was.tiers())
    for address, tier in now.tiers():
        for field, word, said in _SAID_OF_TIERS if address in earlier else ():
            before, after = said(earlier[address]), said(tier)
            if before != after:
                yield _said(pair, ("platforms", address.platform, "tiers", address.tier, field), word, before, after)


def _contact(contact: Contact) -> str:
    return f"{contact.name} <{contact.email}>"


def _backups(backups: Backups | None) -> str | None:
    return f"{backups.every_hours}, {backups.keep_days}" if backups else None


def _deviations(deviations: tuple[Deviation, ...]) -> str | None:
    told = (f"{each.rule} ({each.expires}, {each.owner}, {each.approver}: {each.reason})" for each in deviations)
    return ", ".join(told) or None


_SAID: tuple[tuple[Path, str, Callable[[Tenant], str | None]], ...] = (
    (("ministry",), "Ministry", lambda tenant: tenant.ministry),
    (("reason",), "Reason", lambda tenant: tenant.reason),
    (("contacts", "owner"), "Owner of the data", lambda tenant: _contact(tenant.contacts.owner)),
    (("contacts", "technical"), "Technical contact", lambda tenant: _contact(tenant.contacts.technical)),
    (("contacts", "security"), "Security contact", lambda tenant: _contact(tenant.contacts.security)),
    (("hardening", "level"), "Hardening level", lambda tenant: tenant.hardening.value),
    (("data", "personal"), "Personal data", lambda tenant: str(tenant.data.personal).lower()),
    (("data", "health"), "Health data", lambda tenant: str(tenant.data.health).lower()),
    (("backups",), "Backups: hours between two, days kept", lambda tenant: _backups(tenant.backups)),
    (("deviations",), "Deviations", lambda tenant: _deviations(tenant.deviations)),
    (("review_by",), "Review by", lambda tenant: tenant.review_by.isoformat()),
)
"""What a request only says: where, the word for it, and how it is told."""
_SAID_OF_TIERS: tuple[tuple[str, str, Callable[[Tier], str | None]], ...] = (
    ("role", "Role of the servers for their hardening", lambda tier: tier.role.value),
    ("packages", "Software that the servers need", lambda tier: ", ".join(tier.packages) or None),
    ("services", "Services that the servers need", lambda tier: ", ".join(tier.services) or None),
)
"""What a tier only says: its field, the word for it, and how it is told."""
