"""Requests that `joliba check` accepts, made by chance from the site's catalogue, of every shape."""

import random
from pathlib import Path
from typing import Any

import yaml

FLAVORS = ["SCS-1V-2", "SCS-2V-4", "SCS-2V-8", "SCS-4V-16"]
IMAGES = ["debian-12", "debian-13", "ubuntu-24.04"]
MOST = 3 * 3 * 2 + 3
"""Servers and published names that may all fall into one network: three platforms of three tiers of two."""
CLASSIFICATIONS = ["public", "internal", "restricted", "secret"]


def request(name: str, chance: random.Random) -> dict[str, Any]:
    """A request of one to three platforms, with all that such a request may hold."""
    classification = chance.choice(CLASSIFICATIONS)
    networks = [f"reseau-{number}" for number in range(chance.randint(1, 3))]
    made: dict[str, Any] = {
        "schema": 1,
        "tenant": name,
        "ministry": f"Ministère de l'Essai {name}",
        "reason": "Un essai, tiré au hasard",
        "classification": classification,
        "contacts": {
            role: {"name": f"Bureau {role}", "email": f"{role}@{name}.example"}
            for role in ("owner", "technical", "security")
        },
        "networks": {
            network: chance.choice([{"hosts": chance.randint(MOST, 60)}, {"prefix": 26}]) for network in networks
        },
        "platforms": {
            f"plateforme-{number}": _platform(name, number, networks, classification, chance)
            for number in range(chance.randint(1, 3))
        },
        "access": {"groups": {f"{name}-exploitation": "member"}},
        "review_by": "2027-03-31",
    }
    if chance.random() < 0.5:
        made["buckets"] = {f"seau-{number}": {"size": chance.randint(1, 50)} for number in range(chance.randint(1, 2))}
    return made


def _platform(
    tenant: str, number: int, networks: list[str], classification: str, chance: random.Random
) -> dict[str, Any]:
    tiers = {f"etage-{place}": _tier(networks, chance) for place in range(chance.randint(1, 3))}
    names = list(tiers)
    flows: dict[tuple[str, str], list[str]] = {}
    for _ in range(chance.randint(0, 3)):
        ends = chance.choice(names), chance.choice(names)
        first = chance.randint(1024, 60000)
        flows[ends] = [f"{first}-{first + chance.randint(1, 9)}/{chance.choice(['tcp', 'udp'])}"]
    told = [{"from": source, "to": target, "ports": ports} for (source, target), ports in flows.items()]
    made: dict[str, Any] = {"tiers": tiers}
    if classification != "secret" and chance.random() < 0.6:
        told.append({"from": "internet", "to": names[0], "ports": ["443/tcp"]})
        made["publish"] = {f"p{number}.{tenant}.example": {"tier": names[0], "port": 443}}
    return {**made, "flows": told} if told else made


def _tier(networks: list[str], chance: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "network": chance.choice(networks),
        "count": chance.randint(1, 2),
        "flavor": chance.choice(FLAVORS),
        "image": chance.choice(IMAGES),
    }
    if chance.random() < 0.5:
        made["volumes"] = {f"donnees-{n}": {"size": chance.randint(1, 20)} for n in range(chance.randint(1, 2))}
    return made


def write(root: Path, site: str, number: int, seed: int) -> list[str]:
    """Write so many of them as the site's tenants ``essai-0``, ``essai-1``, ...; their names."""
    names = [f"essai-{each}" for each in range(number)]
    for name in names:
        text = yaml.safe_dump(request(name, random.Random(f"{seed} {name}")), allow_unicode=True, sort_keys=False)
        (root / "inventories" / site / "tenants" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return names
