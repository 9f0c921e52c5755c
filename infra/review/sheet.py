"""The decision sheet (fiche de décision) of a request: what a director reads before signing, in French or English.

Everything here is words and numbers for people, ready to be put into a template: the facts come from other rooms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from netaddr import IPNetwork

from infra.intake.findings import Finding, Severity
from infra.model.classification import TierRole
from infra.model.country import Country
from infra.model.flow import End, Outside, TierAddress
from infra.model.register import Allocation
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import figures
from infra.plan.blocks import room
from infra.plan.capacity import Usage
from infra.plan.price import Price
from infra.plan.price import difference as price_difference
from infra.review import approval, drawing, translation
from infra.review.change import TenantDifference
from infra.review.vocabulary import ACTIONS, BRINGS, REASONS, WORDS

Row = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One request's sheet in one language.

    ``usages`` are the site's limits without and with the request; ``commit`` is what the sheet is of, ``since`` the
    commit that it is compared with (``difference``, and if it could be read there, ``compared``, ``before``,
    ``price_before`` and the usages before the change); ``operations`` is what Pulumi would do, or None if it was not
    asked.
    """

    lang: str
    site: Site
    country: Country
    tenant: Tenant
    allocation: Allocation | None
    findings: Sequence[Finding]
    usages: Sequence[Usage]
    price: Price | None
    commit: str
    since: str | None = None
    difference: TenantDifference | None = None
    before: Tenant | None = None
    price_before: Price | None = None
    compared: bool = False
    operations: Sequence[Row] | None = None

    box_width = drawing.BOX_WIDTH
    box_height = drawing.BOX_HEIGHT

    def say(self, text: str, **values: object) -> str:
        """One of the sheet's texts in its language, filled."""
        told = translation.translations(self.lang).gettext(text)
        return told % values if values else told

    def word(self, value: str) -> str:
        """A word of a closed vocabulary (classification, level, ...) as people say it."""
        return self.say(WORDS[value])

    @property
    def stack(self) -> str:
        """``<site>.<tenant>``."""
        return f"{self.site.name}.{self.tenant.name}"

    @property
    def verdict(self) -> str:
        """``refused`` with an error, else ``loss`` where data could be lost, else ``sound``."""
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return "refused"
        return "loss" if self.losses else "sound"

    @property
    def summary(self) -> list[str]:
        """The sheet in a few sentences: what is asked, what it costs, what stands against it, who signs."""
        servers = sum(tier.count for _, tier in self.tenant.tiers())
        told = [
            self.say("Servers: %(count)s. Names on the Internet: %(names)s.", count=servers, names=len(self.published))
        ]
        if self.cost:
            told.append(self.say("Cost: %(month)s a month, %(year)s a year.", **self.cost))
        if self.cost.get("change"):
            told.append(self.say("Change of the cost: %(change)s a month, %(change_year)s a year.", **self.cost))
        errors = sum(finding.severity is Severity.ERROR for finding in self.findings)
        if errors:
            told.append(self.say("Findings that refuse it: %(count)s.", count=errors))
        if self.losses:
            told.append(self.say("Data that could be lost: %(count)s.", count=len(self.losses)))
        if self.deviations:
            told.append(self.say("Deviations: %(count)s.", count=len(self.deviations)))
        return [*told, self.say("Signatures needed: %(count)s.", count=len(self.approvers))]

    @property
    def losses(self) -> list[str]:
        """What could be lost, a sentence a thing."""
        changes = self.difference.changes if self.difference else ()
        return [change.marked(self.lang) for change in changes if change.loses_data]

    @property
    def changes(self) -> list[Row]:
        """What changes since the other commit."""
        return [
            {"action": change.action.value, "word": self.say(ACTIONS[change.action]), "text": change.marked(self.lang)}
            for change in (self.difference.changes if self.difference else ())
        ]

    @property
    def cost(self) -> Mapping[str, object]:
        """What it costs: rows, month, year and the change of both; nothing where the site has no prices."""
        if self.price is None:
            return {}
        currency, lang = self.price.currency, self.lang
        change = price_difference(self.price_before, self.price) if self.compared else None
        return {
            "rows": [
                {
                    "what": figures.item_name(line.item, line.volume_type, lang),
                    "quantity": figures.quantity(line.quantity, line.item.unit, lang),
                    "unit_price": figures.unit_price(line.unit_price, lang),
                    "month": figures.money(line.month, currency, lang),
                }
                for line in self.price.lines
            ],
            "month": figures.money(self.price.month, currency, lang),
            "year": figures.money(self.price.year, currency, lang),
            "change": figures.money(change.month, currency, lang, signed=True) if change else "",
            "change_year": figures.money(change.year, currency, lang, signed=True) if change else "",
        }

    @property
    def capacity(self) -> list[Row]:
        """The site's limits without and with the request."""
        return [
            {
                "what": figures.resource_name(usage.limit, self.lang),
                "total": figures.quantity(usage.limit.grantable, usage.limit.resource.unit, self.lang),
                "before": figures.quantity(usage.before, usage.limit.resource.unit, self.lang),
                "after": figures.quantity(usage.after, usage.limit.resource.unit, self.lang),
                "percent_before": figures.percent(usage.percent_before, self.lang),
                "percent": figures.percent(usage.percent_after, self.lang),
                "value": usage.percent_after,
            }
            for usage in self.usages
        ]

    @property
    def classification(self) -> str:
        """What the classification brings with it."""
        return self.say(BRINGS[self.tenant.classification])

    @property
    def nature(self) -> str:
        """Whether it holds personal or health data."""
        found = [self.say("personal data")] if self.tenant.data.personal else []
        found += [self.say("health data")] if self.tenant.data.health else []
        return ", ".join(found) or self.say("neither personal nor health data")

    @property
    def contacts(self) -> list[tuple[str, object]]:
        """Who answers, each with what for."""
        contacts = self.tenant.contacts
        return [
            (self.say("Owner of the data"), contacts.owner),
            (self.say("Technical contact"), contacts.technical),
            (self.say("Security contact"), contacts.security),
        ]

    @property
    def backups(self) -> str:
        """How often, and for how long."""
        asked = self.tenant.backups
        if asked is None:
            return self.say("none")
        return self.say("every %(hours)s h, kept for: %(days)s days", hours=asked.every_hours, days=asked.keep_days)

    @property
    def review_by(self) -> str:
        """The day on which the request is looked at again."""
        return translation.day(self.tenant.review_by, self.lang)

    @property
    def tiers(self) -> list[Row]:
        """The servers, a row a tier."""
        rows: list[Row] = []
        for address, tier in self.tenant.tiers():
            flavor = self.site.flavors[tier.flavor]
            system = self.say("system: %(size)s, %(type)s", size=self.gib(tier.disk), type=tier.volume_type)
            data = [f"{volume.name}: {self.gib(volume.size)}, {volume.type}" for volume in tier.volumes.values()]
            rows.append(
                {
                    "name": f"{address.platform}.{address.tier}",
                    "count": self.number(tier.count),
                    "flavor": tier.flavor,
                    "size": self.say("%(vcpus)s vCPU, %(ram)s of memory", vcpus=flavor.vcpus, ram=self.gib(flavor.ram)),
                    "image": tier.image if tier.role is TierRole.GUEST else f"{tier.image}, {tier.role}",
                    "disks": [system, *data],
                    "network": tier.network,
                }
            )
        return rows

    @property
    def networks(self) -> list[Row]:
        """The networks with their blocks, and how many servers and balancers each holds."""
        return [
            {"name": name, "block": str(block), "room": self.number(room(block.prefixlen))}
            for name, block in self._blocks.items()
        ]

    @property
    def published(self) -> list[Row]:
        """The names on the Internet."""
        return [
            {"name": published.name, "port": str(published.listen), "tier": f"{platform.name}.{published.tier}"}
            for platform in self.tenant.platforms.values()
            for published in platform.publish.values()
        ]

    @property
    def buckets(self) -> list[str]:
        """The object storage."""
        return [f"{bucket.name}: {self.gib(bucket.size)}" for bucket in self.tenant.buckets.values()]

    @property
    def groups(self) -> list[str]:
        """Who may do what."""
        keys = {name: len(group.keys) for name, group in self.tenant.groups.items()}
        return [
            f"{group.name}: {self.word(group.role)}"
            + (f" ({self.say('SSH keys: %(count)s', count=keys[name])})" if keys[name] else "")
            for name, group in self.tenant.groups.items()
        ]

    @cached_property
    def drawing(self) -> drawing.Drawing:
        """The networks, tiers and flows."""
        blocks = {name: str(block) for name, block in self._blocks.items()}
        return drawing.drawing(self.tenant, blocks, {outside: self.end(outside) for outside in Outside})

    @property
    def flows(self) -> list[Row]:
        """The flow matrix: rows of source, target and ports."""
        return [
            {
                "source": self.end(flow.source),
                "target": self.end(flow.target),
                "ports": ", ".join(map(str, flow.ports)),
            }
            for flow in dict.fromkeys(self.tenant.flows())
        ]

    @property
    def egress(self) -> list[Row]:
        """Where its servers may go outside the site."""
        return [
            {"to": str(each.to), "ports": ", ".join(map(str, each.ports)), "reason": each.reason}
            for each in self.tenant.egress
        ]

    def end(self, end: End) -> str:
        """One end of a flow as people read it."""
        if isinstance(end, TierAddress):
            own = end.tenant == self.tenant.name
            return f"{end.platform}.{end.tier}" if own else f"{end.tenant}/{end.platform}.{end.tier}"
        return self.say("the Internet" if end is Outside.INTERNET else "the site's administration")

    @property
    def told_findings(self) -> list[Row]:
        """The findings, in words; what the request says stands between marks."""
        words = {Severity.ERROR: self.say("Refused:"), Severity.WARNING: self.say("To be known:")}
        return [
            {
                "severity": finding.severity.value,
                "word": words[finding.severity],
                "text": finding.marked(self.lang).text,
                "fix": finding.marked(self.lang).fix,
                "place": str(finding.place),
                "code": finding.code,
                "source": finding.marked(self.lang).source,
            }
            for finding in self.findings
        ]

    @property
    def deviations(self) -> list[Row]:
        """The accepted exceptions."""
        return [{**vars(each), "expires": translation.day(each.expires, self.lang)} for each in self.tenant.deviations]

    @property
    def approvers(self) -> list[Row]:
        """Who must sign, and why; a name that signs for several reasons has one row."""
        reasons: dict[str, list[str]] = {}
        for each in approval.approvers(self.tenant, self.country, self.before):
            about = self.word(each.about) if each.about in WORDS else each.about
            reasons.setdefault(each.name, []).append(self.say(REASONS[each.reason], about=about))
        return [{"name": name, "reason": " ; ".join(found)} for name, found in reasons.items()]

    @property
    def provenance(self) -> str:
        """Where the sheet comes from."""
        return self.say("Made by Joliba from the commit %(commit)s.", commit=self.commit)

    def number(self, value: float) -> str:
        """A number as the language writes it."""
        return translation.number(value, self.lang)

    def gib(self, value: int) -> str:
        """A size."""
        return figures.quantity(value, "GiB", self.lang)

    @property
    def _blocks(self) -> Mapping[str, IPNetwork]:
        given = self.allocation.networks if self.allocation else {}
        return {name: given[name] for name in self.tenant.networks if name in given}
