"""Who must approve a request: the country says who for its classification; what it holds and bends adds to that."""

from dataclasses import dataclass

from infra.model.country import Country
from infra.model.tenant import Tenant

HEALTH = "health data"
PERSONAL = "personal data"
CLASSIFICATION = "classification"
OWNER = "owner of the data"
DEVIATION = "deviation"
EARLIER = "earlier request"


@dataclass(frozen=True, kw_only=True)
class Approver:
    """Somebody who must sign. ``reason`` is one of this module's words; ``about`` what it is about."""

    name: str
    reason: str
    about: str = ""


def approvers(tenant: Tenant, country: Country, before: Tenant | None = None) -> tuple[Approver, ...]:
    """Everybody who must sign, in order: the owner, the classification's approvers, the authority, the deviations'.

    Last come those who had to sign the request as it was ``before``: no change does away with its own judges.
    """
    found = _own(tenant, country)
    names = {each.name for each in found}
    earlier = _own(before, country) if before else ()
    gone = dict.fromkeys(each.name for each in earlier if each.name not in names)
    return (*found, *(Approver(name=name, reason=EARLIER) for name in gone))


def _own(tenant: Tenant, country: Country) -> tuple[Approver, ...]:
    found = [Approver(name=tenant.contacts.owner.name, reason=OWNER)]
    found += [
        Approver(name=name, reason=CLASSIFICATION, about=tenant.classification)
        for name in country.approvers[tenant.classification]
    ]
    if tenant.data.health or tenant.data.personal:
        kind, authority = HEALTH if tenant.data.health else PERSONAL, country.data_protection.name
        named = [each.name for each in found if f"({each.name})" in authority]  # by its initials
        found.append(Approver(name=named[0] if named else authority, reason=kind))
    found += [Approver(name=each.approver, reason=DEVIATION, about=each.rule) for each in tenant.deviations]
    return tuple(dict.fromkeys(found))
