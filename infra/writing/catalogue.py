"""What a site offers a request: names to choose from with what each one is, and what each classification brings."""

from dataclasses import dataclass
from pathlib import Path as File
from typing import TYPE_CHECKING

from infra.errors import RefusedError
from infra.intake.defaults import merged
from infra.intake.inventory import INVENTORIES, SiteInventory, read_site
from infra.intake.reading import LARGEST_FILE, Document, Tree, read
from infra.model.classification import Classification, HardeningLevel
from infra.model.country import Country
from infra.model.site import Site
from infra.writing.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the names that a field accepts, and what it is, in the reader's language."""

    name: str
    told: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.told})" if self.told else self.name


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A site as somebody sees it who writes a request. ``site_document`` has the defaults as they were written."""

    site: Site
    country: Country
    tenants: tuple[str, ...]
    site_document: Document

    def defaults(self, classification: str | None = None, profile: str | None = None) -> Tree:
        """What a request that says nothing but this would have."""
        said = {"classification": classification, "profile": profile}
        document = Document("", values={key: value for key, value in said.items() if value})
        return {key: value for key, value in merged("", document, self.site_document).values.items() if key not in said}

    def profiles(self) -> list[str]:
        """The site's named sets of defaults."""
        return list(self.site_document.values.get("defaults", {}).get("profile", {}))

    def choices(self, key: str, lang: str) -> tuple[Choice, ...]:
        """The names that a field of this key accepts; none if it is free."""
        site = self.site
        found: Mapping[str, Mapping[str, str]] = {
            "flavor": {
                name: say(lang, "{vcpus} vCPU, {ram} GiB", vcpus=flavor.vcpus, ram=flavor.ram)
                + (say(lang, ", disk {disk} GiB", disk=flavor.disk) if flavor.disk else "")
                for name, flavor in site.flavors.items()
            },
            "image": dict.fromkeys(site.images, ""),
            "volume_type": {
                name: say(lang, "encrypted" if kind.encryption else "not encrypted")
                for name, kind in site.volume_types.items()
            },
            "qos": {
                name: say(lang, "{rate} Mbit/s", rate=policy.max_kbps // 1000) for name, policy in site.qos.items()
            },
            "classification": {level: say(lang, f"class {level}") for level in Classification},
            "level": {level: say(lang, f"level {level}") for level in HardeningLevel},
            "role": {role: say(lang, f"role {role}") for role in ("member", "reader")},
            "profile": dict.fromkeys(self.profiles(), ""),
        }
        return tuple(Choice(name=str(name), told=told) for name, told in found.get(key, {}).items())

    def brought_by(self, classification: str, lang: str) -> list[str]:
        """What a classification changes, a sentence each: encryption, hardening, backups, exposure, who approves."""
        level, values = Classification(classification), self.defaults(classification)
        backups = values.get("backups")
        approvers = ", ".join(self.country.approvers[level])
        hardening = values["hardening"]["level"]
        told = [say(lang, "Data is encrypted at rest." if level.encrypts else "Encryption is not compulsory.")]
        if level is Classification.SECRET:
            told.append(say(lang, "Nothing may be published on the Internet."))
        told.append(say(lang, "Hardening: {level}.", level=say(lang, f"level {hardening}")))
        if backups:
            hours, days = backups["every_hours"], backups["keep_days"]
            told.append(say(lang, "Backups every {hours} hours, kept {days} days.", hours=hours, days=days))
        told.append(say(lang, "Approved by: {approvers}.", approvers=approvers))
        return told


def catalogue_of(root: File, site: str) -> Catalogue:
    """The catalogue of a site.

    Raises:
        JolibaError: there is no such site.
        RefusedError: its own files, or its country's, have errors.
    """
    inventory: SiteInventory = read_site(root, site, only=())
    if inventory.site is None or inventory.country is None:
        raise RefusedError("{site}: the site's files have findings; `joliba check` shows them", site=site)
    document = read(root / INVENTORIES / site / "site.yaml", root, largest=LARGEST_FILE)
    return Catalogue(site=inventory.site, country=inventory.country, tenants=inventory.names, site_document=document)
