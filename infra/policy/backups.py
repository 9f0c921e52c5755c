"""Data is saved often enough and kept long enough."""

from collections.abc import Iterator

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.classification import Classification
from infra.model.country import LeastBackups, Policy
from infra.policy.nature import natures


def backups(draft: Draft, policy: Policy) -> Iterator[Finding]:
    """Backups that are missing, too rare or kept too briefly (SecNumCloud 3.2, 12.5).

    A tenant without servers and buckets has nothing to save.
    """
    asked = _asked(draft, policy)
    if asked is None or not (draft.values.get("buckets") or any(True for _ in draft.tiers())):
        return
    found = draft.values.get("backups")
    wanted = {"every": str(asked.every_hours), "keep": str(asked.keep_days)}
    if found is None:
        if not draft.document.is_broken(("backups",)):
            yield Finding("POLICY-BACKUP-MISSING", draft.place(("backups",)), wanted)
        return
    if found.get("every_hours", 0) > asked.every_hours:
        told = wanted | {"found": str(found["every_hours"])}
        yield Finding("POLICY-BACKUP-RARE", draft.place(("backups", "every_hours")), told)
    if found.get("keep_days", asked.keep_days) < asked.keep_days:
        told = wanted | {"found": str(found["keep_days"])}
        yield Finding("POLICY-BACKUP-SHORT", draft.place(("backups", "keep_days")), told)


def _asked(draft: Draft, policy: Policy) -> LeastBackups | None:
    """The strictest of what the classification and the nature of the data ask for."""
    classification = draft.values.get("classification")
    asked = [nature.backups for _, nature in natures(draft, policy)]
    if classification:
        asked.append(policy.classifications[Classification(classification)].backups)
    wanted = [each for each in asked if each]
    if not wanted:
        return None
    return LeastBackups(
        every_hours=min(each.every_hours for each in wanted), keep_days=max(each.keep_days for each in wanted)
    )
