"""Defaults under a request: site, classification, profile, tenant, deep-merged, each value with its origin.

Maps are merged key by key; everything else, lists included, is replaced by the later one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.intake.findings import Path, Place
from infra.intake.reading import Document, Tree

BUILT_IN = "Joliba"
"""The origin of what no file says."""

_BUILT_IN: Tree = {
    "lifecycle": "active",
    "hardening": {"level": "intermediary"},
    "tier": {"count": 1, "spread": "soft"},
}
_EITHER = {"hosts": "prefix", "prefix": "hosts"}
_Source = tuple[Document, Path] | str


class Origins(Mapping[Path, Place | str]):
    """Where each value of a merged request came from: a place in a file, or `BUILT_IN`."""

    def __init__(self) -> None:
        self._sources: dict[Path, _Source] = {}

    def __getitem__(self, path: Path) -> Place | str:
        source = self._sources[path]
        return source if isinstance(source, str) else source[0].place(source[1])

    def __iter__(self) -> Iterator[Path]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def record(self, path: Path, source: _Source) -> None:
        """Note where the value at ``path`` came from."""
        self._sources[path] = source

    def follow(self, path: Path, other: Path) -> None:
        """Note that the value at ``path`` came from where the one at ``other`` did."""
        self._sources[path] = self._sources[other]

    def forget(self, path: Path) -> None:
        """Drop what was noted of ``path``."""
        self._sources.pop(path, None)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A request merged with its defaults, not yet judged: plain values, their origins, the tenant's own document."""

    name: str
    document: Document
    values: Tree
    origins: Origins

    def place(self, path: Path) -> Place:
        """Where a merged value, or what is nearest around it, was written: in the tenant's file or in the defaults."""
        if path in self.document.marks:
            return self.document.place(path)
        for inner in self.origins:  # the first value under it, or it itself, that a default gave
            if inner[: len(path)] == path and isinstance(origin := self.origins[inner], Place):
                return origin
        return self.document.place(path)

    def key_place(self, path: Path) -> Place:
        """Where the key of a merged value was written."""
        return self.document.place(path, at_key=True) if path in self.document.keys else self.place(path)

    def platforms(self) -> Mapping[str, Tree]:
        """The merged platforms."""
        found: Mapping[str, Tree] = self.values.get("platforms", {})
        return found

    def tiers(self) -> Iterator[tuple[Path, str, str, Tree]]:
        """Every tier: its path, its platform's name, its own name, its merged values."""
        for platform, content in self.platforms().items():
            for tier, values in content.get("tiers", {}).items():
                yield ("platforms", platform, "tiers", tier), platform, tier, values


def merged(name: str, tenant: Document, site: Document) -> Draft:
    """The tenant's file over its defaults. An unknown profile or classification adds nothing."""
    origins = Origins()
    values: Tree = {}
    _lay(values, _BUILT_IN, (), origins, None, ())
    defaults: Tree = site.values.get("defaults", {})
    for kind, key in (
        ("all", None),
        ("classification", tenant.values.get("classification")),
        ("profile", tenant.values.get("profile")),
    ):
        layer, base = defaults.get(kind, {}), ("defaults", kind)
        if key is not None:
            layer, base = layer.get(key, {}), (*base, key)
        elif kind != "all":
            continue
        _lay(values, layer, (), origins, site, base)
    _lay(values, tenant.values, (), origins, tenant, ())
    draft = Draft(name=name, document=tenant, values=values, origins=origins)
    _complete(draft, site)
    return draft


def _lay(under: Tree, over: Tree, path: Path, origins: Origins, source: Document | None, base: Path) -> None:
    for key, value in over.items():
        inner = (*path, key)
        if isinstance(value, dict):
            if not isinstance(under.get(key), dict):
                under[key] = {}
                origins.forget(inner)
            _lay(under[key], value, inner, origins, source, base)
            continue
        if len(path) == 2 and path[0] == "networks" and key in _EITHER and _EITHER[key] in under:  # noqa: PLR2004
            del under[_EITHER[key]]  # hosts over an inherited prefix, or the other way round: the later one counts
            origins.forget((*path, _EITHER[key]))
        under[key] = value
        origins.record(inner, (source, (*base, *inner)) if source else BUILT_IN)


def _complete(draft: Draft, site: Document) -> None:
    """Give every tier the tenant's tier defaults, its image's disk, and its volumes its type; every name its port."""
    defaults: Tree = draft.values.get("tier", {})
    images: Tree = site.values.get("images", {})
    for path, _, _, tier in draft.tiers():
        for key, value in defaults.items():
            if key not in tier and (*path, key) not in draft.document.broken:
                tier[key] = value
                draft.origins.follow((*path, key), ("tier", key))
        image = images.get(tier.get("image", ""), {})
        if "disk" not in tier and "disk" in image:
            tier["disk"] = image["disk"]
            draft.origins.record((*path, "disk"), (site, ("images", tier["image"], "disk")))
        for volume, content in tier.get("volumes", {}).items():
            inner = (*path, "volumes", volume, "type")
            if "type" not in content and "volume_type" in tier and inner not in draft.document.broken:
                content["type"] = tier["volume_type"]
                draft.origins.follow(inner, (*path, "volume_type"))
    for platform, content in draft.platforms().items():
        for name, published in content.get("publish", {}).items():
            inner = ("platforms", platform, "publish", name)
            if "listen" not in published and "port" in published:
                published["listen"] = published["port"]
                draft.origins.follow((*inner, "listen"), (*inner, "port"))
