"""Data that the law wants encrypted, whatever its classification; `infra.intake.protection` judges classifications."""

from collections.abc import Iterator

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.intake.protection import unencrypted
from infra.model.classification import Classification
from infra.model.country import NaturePolicy
from infra.model.site import Site


def encryption(draft: Draft, site: Site, asked: NaturePolicy, nature: str) -> Iterator[Finding]:
    """Every volume without encryption of a tenant that holds such data (SecNumCloud 3.2, 10.1).

    Nothing where the classification asks for it already: then that is told.
    """
    classification = draft.values.get("classification")
    if not asked.encrypted or (classification and Classification(classification).encrypts):
        return
    accepted = ", ".join(name for name, kind in site.volume_types.items() if kind.encryption) or "—"
    for path, kind in unencrypted(draft, site):
        told = {"found": kind, "nature_word": nature, "accepted": accepted, "law": asked.law}
        yield Finding("POLICY-UNENCRYPTED", draft.place(path), told)
