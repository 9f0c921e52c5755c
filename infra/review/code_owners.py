"""CODEOWNERS, written from the requests' contacts: who must approve a change of which file, for each forge's reader.

A ministry's file is its owner's and its technical contact's; all else, registers, sites and countries first, is the
platform team's. Only words that were checked come into it: names of sites and tenants, and addresses of one shape.

- GitHub and GitLab read patterns and e-mail addresses; the last line that fits decides.
- Forgejo and Gitea read regular expressions and names of users or teams (`ParseCodeOwnersLine` of their
  ``models/issues/pull.go``), no addresses: a ministry's team there has its tenant's name in the platform team's
  organization.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from infra.errors import RefusedError
from infra.intake.inventory import INVENTORIES, SiteInventory, read_site, sites

PLACES = {
    "github": Path(".github/CODEOWNERS"),
    "gitlab": Path(".gitlab/CODEOWNERS"),
    "forgejo": Path(".forgejo/CODEOWNERS"),
}
"""Where each forge looks; Gitea's place is ``.gitea/CODEOWNERS``, its form Forgejo's."""
_HEAD = "# Written by `joliba owners --write` from the requests' contacts; changes by hand are lost."
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,62}@[a-z0-9.-]{1,190}")
_GROUP = re.compile(r"[a-z0-9._-]{1,80}/[a-z0-9._-]{1,80}")


def code_owners(root: Path, form: str) -> str:
    """The file for one forge, ``github``, ``gitlab`` or ``forgejo``. The same inventories give the same text.

    Raises:
        RefusedError: a site names no platform team (for Forgejo: no ``group``), or its own file has errors.
    """
    inventories = [read_site(root, name) for name in sites(root)]
    teams = {inventory.name: _team(inventory, form) for inventory in inventories}
    lines = [_HEAD, " ".join([".*" if form == "forgejo" else "*", *sorted(set(teams.values()))])]
    for inventory in inventories:
        team = teams[inventory.name]
        lines += ["", _line(f"{INVENTORIES}/{inventory.name}/", [team], form)]
        for tenant in inventory.names:
            file = f"{INVENTORIES}/{inventory.name}/tenants/{tenant}.yaml"
            lines.append(_line(file, _owners(inventory, tenant, team, form), form))
    return "\n".join(lines) + "\n"


def stale(root: Path, form: str) -> bool:
    """Whether the committed file is another than it would be now."""
    file = root / PLACES[form]
    return not file.is_file() or file.read_text(encoding="utf-8") != code_owners(root, form)


def _team(inventory: SiteInventory, form: str) -> str:
    team = inventory.site.platform_team if inventory.site else None
    word = team and (
        f"@{team.group}" if form == "forgejo" and team.group else team.email if form != "forgejo" else None
    )
    if not word:
        key = "platform_team.group" if form == "forgejo" else "platform_team"
        raise RefusedError(f"{INVENTORIES}/{inventory.name}/site.yaml names no {key}, or has errors: joliba check")
    return _accepted(word)


def _owners(inventory: SiteInventory, tenant: str, team: str, form: str) -> list[str]:
    """Who a tenant's file belongs to; the platform team while the file has errors."""
    if form == "forgejo":
        return [_accepted(f"{team.partition('/')[0]}/{tenant}")]
    request = inventory.requests.get(tenant)
    if request is None:
        return [team]
    contacts = request.tenant.contacts
    return list(dict.fromkeys([_accepted(contacts.owner.email), _accepted(contacts.technical.email)]))


def _line(path: str, owners: Sequence[str], form: str) -> str:
    """One line. Names of sites and tenants hold no character that a pattern or an expression would read."""
    if form == "forgejo":
        path = path.replace(".", r"\.") + (".*" if path.endswith("/") else "")
        return " ".join([path, *owners])
    return " ".join([f"/{path}", *owners])


def _accepted(word: str) -> str:
    if _EMAIL.fullmatch(word) or _GROUP.fullmatch(word.removeprefix("@")):
        return word
    raise RefusedError(f"{word!r} can own no file: it is no address or group")
