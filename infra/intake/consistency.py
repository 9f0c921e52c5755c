"""Whether a request's words fit together and name what exists: its own tiers and networks, the site's catalogue."""

import base64
import binascii
from collections import Counter
from collections.abc import Collection, Iterable

from infra.intake.defaults import Draft
from infra.intake.findings import MOST_TOLD, Finding, Path
from infra.intake.reading import Document, Tree
from infra.intake.suggestion import suggestion
from infra.intake.tenant_building import parse_ports
from infra.model.account import LONGEST, account
from infra.model.site import Site
from infra.plan.blocks import room

_NEEDED = ("network", "flavor", "image", "volume_type")
SHORTEST_RSA_KEY = 3072
"""Bits, from 2030 on (ANSSI, Guide des mécanismes cryptographiques, RègleFact-1)."""
_KEY_SIZES = {
    "ssh-ed25519": (0, 32),
    "sk-ssh-ed25519@openssh.com": (0, 32, 0),
    "ssh-rsa": (0, 0, 0),
    "ecdsa-sha2-nistp256": (0, 8, 65),
    "ecdsa-sha2-nistp384": (0, 8, 97),
    "ecdsa-sha2-nistp521": (0, 8, 133),
}
"""Bytes of each field, by kind of key; 0: any."""


def check_draft(draft: Draft, site: Site, site_document: Document) -> None:
    """Add a finding for everything in the merged request that names nothing, is missing or contradicts itself."""
    profiles = site_document.values.get("defaults", {}).get("profile", {})
    if "profile" in draft.values:
        _check_name(draft, "PROFILE", ("profile",), draft.values["profile"], profiles)
    if not draft.values.get("networks") and not draft.document.has_broken(("networks",)):
        _refuse(draft, "VALUE-NO-NETWORK", ())
    for name, content in draft.values.get("networks", {}).items():
        if "qos" in content:
            _check_name(draft, "QOS", ("networks", name, "qos"), content["qos"], site.qos)
    for path, platform, tier, values in draft.tiers():
        _check_tier(draft, site, path, values)
        _check_host_names(draft, path, platform, tier)
    _check_volume_names(draft)
    _check_room(draft)
    _check_keys(draft)
    for platform in draft.platforms():
        _check_published(draft, site, platform)


def _refuse(draft: Draft, code: str, path: Path, **values: str) -> None:
    draft.document.findings.append(Finding(code, draft.place(path), values))


def _check_name(draft: Draft, code: str, path: Path, found: str, accepted: Collection[str]) -> None:
    if found not in accepted:
        refuse_name(draft, code, path, found, accepted)


def refuse_name(draft: Draft, code: str, path: Path, found: str, accepted: Iterable[str]) -> None:
    """Add a finding for a name that is unknown, with the nearest accepted ones.

    Seeking those takes milliseconds: after as many findings as are ever told of a file, none are named.
    """
    near = accepted if len(draft.document.findings) < MOST_TOLD else ()
    _refuse(draft, f"NAME-UNKNOWN-{code}", path, found=found, **suggestion(found, near))


def _check_tier(draft: Draft, site: Site, path: Path, values: Tree) -> None:
    for key in _NEEDED:
        if (
            key not in values
            and not draft.document.is_broken((*path, key))
            and not draft.document.is_broken(("tier", key))
        ):
            draft.document.findings.append(Finding("VALUE-MISSING", draft.key_place(path), {"key": key}))
    for key, code, accepted in (
        ("network", "NETWORK", draft.values.get("networks", {})),
        ("flavor", "FLAVOR", site.flavors),
        ("image", "IMAGE", site.images),
        ("volume_type", "VOLUME-TYPE", site.volume_types),
    ):
        if key in values and not draft.document.is_broken((f"{key}s", values[key])):
            _check_name(draft, code, (*path, key), values[key], accepted)
    for volume, content in values.get("volumes", {}).items():
        if "type" in content and not draft.origins.same((*path, "volumes", volume, "type"), (*path, "volume_type")):
            _check_name(draft, "VOLUME-TYPE", (*path, "volumes", volume, "type"), content["type"], site.volume_types)
    image = site.images.get(values.get("image", ""))
    if image is not None and values.get("disk", image.disk) < image.disk:
        told = {"image": image.name, "least": str(image.disk), "found": str(values["disk"])}
        _refuse(draft, "DISK-TOO-SMALL", (*path, "disk"), **told)


def _check_host_names(draft: Draft, path: Path, platform: str, tier: str) -> None:
    """``a`` and ``b-c`` make the same names as ``a-b`` and ``c``."""
    joined = f"{platform}-{tier}"
    for other_path, other_platform, other_tier, _ in draft.tiers():
        if other_path == path:
            return
        if f"{other_platform}-{other_tier}" == joined:
            told = {"other": f"{other_platform}.{other_tier}", "name": f"{draft.name}-{joined}-1"}
            related = (draft.key_place(other_path),)
            draft.document.findings.append(Finding("HOST-NAME-CLASH", draft.key_place(path), told, related))


def _check_volume_names(draft: Draft) -> None:
    """Volume ``b-1-c`` of tier ``a`` is called like volume ``c`` of tier ``a-1-b``."""
    owners: dict[str, tuple[Path, str]] = {}
    for path, platform, tier, values in draft.tiers():
        for volume in values.get("volumes", {}):
            own = (*path, "volumes", volume)
            for number in range(1, values.get("count", 1) + 1):
                name = f"{platform}-{tier}-{number}-{volume}"
                other, owner = owners.setdefault(name, (own, f"{platform}.{tier}"))
                if other != own:
                    told = {"other": owner, "name": f"{draft.name}-{name}"}
                    related = (draft.key_place(other),)
                    draft.document.findings.append(Finding("VOLUME-NAME-CLASH", draft.key_place(own), told, related))
                    break


def _check_room(draft: Draft) -> None:
    """Every server needs an address of its network, and so does the load balancer of every published tier."""
    needed: Counter[str] = Counter()
    for _, platform, tier, values in draft.tiers():
        published = draft.platforms()[platform].get("publish", {}).values()
        balancer = any(entry.get("tier") == tier for entry in published)
        needed[values.get("network", "")] += values.get("count", 0) + balancer
    for name, content in draft.values.get("networks", {}).items():
        key = "prefix" if "prefix" in content else "hosts"
        asked = room(content["prefix"]) if "prefix" in content else content.get("hosts", needed[name])
        if needed[name] > asked:
            told = {"needed": str(needed[name]), "network": name, "found": str(asked)}
            _refuse(draft, "NETWORK-FULL", ("networks", name, key), **told)


def check_ports(draft: Draft, path: Path, ports: Iterable[str]) -> bool:
    """Whether every entry of a list is a port range; the others become findings."""
    fine = True
    for position, text in enumerate(ports):
        try:
            parse_ports([text])
        except ValueError:
            fine = False
            _refuse(draft, "VALUE-PORTS", (*path, position), found=text)
    return fine


def _check_keys(draft: Draft) -> None:
    for name, content in draft.values.get("access", {}).get("groups", {}).items():
        if isinstance(content, dict):
            for position, key in enumerate(content.get("keys", ())):
                path: Path = ("access", "groups", name, "keys", position)
                comment = key.split(" ")[2:]
                if comment and not account(comment[0]):
                    _refuse(draft, "KEY-ACCOUNT", path, found=comment[0].partition("@")[0], most=str(LONGEST))
                fields = _key_fields(key)
                if fields is None:
                    _refuse(draft, "VALUE-KEY", path)
                elif fields[0] == b"ssh-rsa":
                    bits = int.from_bytes(fields[2], "big").bit_length()
                    if bits < SHORTEST_RSA_KEY:
                        _refuse(draft, "VALUE-KEY-SHORT", path, found=str(bits), least=str(SHORTEST_RSA_KEY))


def _key_fields(line: str) -> list[bytes] | None:
    """The fields of an SSH public key's base64 part (RFC 4253, 6.6); None where they are not what its kind has.

    Sizes: of an Ed25519 key 32 bytes (RFC 8709), of an ECDSA key an uncompressed point (RFC 5656), of an RSA key any.
    """
    kind, blob = line.split(" ")[:2]
    try:
        content = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return None
    fields = []
    while content:
        length = int.from_bytes(content[:4], "big")
        if len(content) < 4 + length:
            return None
        fields.append(content[4 : 4 + length])
        content = content[4 + length :]
    sizes = _KEY_SIZES[kind]
    if len(fields) != len(sizes) or fields[0] != kind.encode():
        return None
    return fields if all(size in {0, len(field)} for size, field in zip(sizes, fields, strict=True)) else None


def _check_published(draft: Draft, site: Site, platform: str) -> None:
    values, zone = draft.platforms()[platform], site.zone(draft.name)
    base: Path = ("platforms", platform, "publish")
    ports: dict[tuple[str, int], tuple[int, str]] = {}
    for name, entry in values.get("publish", {}).items():
        path = (*base, name)
        if not name.endswith(f".{zone}") and name != zone:
            draft.document.findings.append(
                Finding("PUBLISH-ZONE", draft.key_place(path), {"found": name, "zone": zone})
            )
        for other in list(draft.platforms())[: list(draft.platforms()).index(platform)]:
            if name in draft.platforms()[other].get("publish", {}):
                related = (draft.key_place(("platforms", other, "publish", name)),)
                draft.document.findings.append(
                    Finding("PUBLISH-TWICE", draft.key_place(path), {"found": name}, related)
                )
        if not {"tier", "port"} <= entry.keys():
            continue
        tier, port, listen = entry["tier"], entry["port"], entry["listen"]
        if tier not in values.get("tiers", {}):
            if not draft.document.is_broken(("platforms", platform, "tiers", tier)):
                _check_name(draft, "TIER", (*path, "tier"), tier, values.get("tiers", {}))
            continue
        first, other = ports.setdefault((tier, listen), (port, name))
        if first != port:
            key = "listen" if (*path, "listen") in draft.document.marks else "port"
            told = {"listen": str(listen), "tier": tier}
            related = (draft.key_place((*base, other)),)
            draft.document.findings.append(Finding("PUBLISH-LISTEN", draft.place((*path, key)), told, related))
        _check_reachable(draft, platform, path, tier, port)


def _check_reachable(draft: Draft, platform: str, path: Path, tier: str, port: int) -> None:
    """A published port that no flow opens to the Internet would never answer: flows alone make firewall rules."""
    for other, values in draft.platforms().items():
        if draft.document.is_broken(("platforms", other, "flows")):
            return
        for position, flow in enumerate(values.get("flows", ())):
            if not {"from", "to", "ports"} <= flow.keys() or draft.document.is_broken(
                ("platforms", other, "flows", position)
            ):
                return
            ends = {tier, f"{platform}.{tier}"} if other == platform else {f"{platform}.{tier}"}
            if flow["from"] != "internet" or flow["to"] not in {*ends, f"{draft.name}/{platform}.{tier}"}:
                continue
            try:
                ranges = parse_ports(flow["ports"])
            except ValueError:
                return
            if any(ports.protocol == "tcp" and ports.first <= port <= ports.last for ports in ranges):
                return
    told = {"found": str(path[-1]), "port": str(port), "tier": tier}
    draft.document.findings.append(Finding("PUBLISH-NO-FLOW", draft.key_place(path), told))
