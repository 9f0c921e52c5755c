"""Defaults under a request: site, classification, profile, tenant, deep-merged, each value with its origin.

Maps are merged key by key; everything else, lists included, is replaced by the later one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from infra.intake.findings import Finding, Path, Place
from infra.intake.reading import Document, Tree

BUILT_IN = "Joliba"
"""The origin of what no file says."""

_BUILT_IN: Tree = {
    "lifecycle": "active",
    "hardening": {"level": "intermediary"},
    "tier": {"count": 1, "spread": "soft", "role": "guest"},
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

    def same(self, path: Path, other: Path) -> bool:
        """Whether the values at both paths came from the same place."""
        return self._sources.get(path) == self._sources.get(other)

    def record(self, path: Path, source: _Source) -> None:
        """Note where the value at ``path`` came from."""
        self._sources[path] = source

    def follow(self, path: Path, other: Path) -> None:
        """Note that the value at ``path`` came from where the one at ``other`` did."""
        self._sources[path] = self._sources[other]

    def forget(self, path: Path) -> None:
        """Drop what was noted of ``path`` and of what is inside it."""
        for inner in [inner for inner in self._sources if inner[: len(path)] == path]:
            del self._sources[inner]


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

    def own(self, finding: Finding) -> Finding:
        """A finding of this tenant's alone: at a default, where others may have the same, it leads to its file."""
        file = self.document.file
        if file in {place.file for place in (finding.place, *finding.related)}:
            return finding
        return replace(finding, related=(*finding.related, Place(file)))

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
    draft = Draft(name=name, document=tenant, values={}, origins=Origins())
    defaults: Tree = site.values.get("defaults", {})
    _Layer(draft, None, ()).lay(draft.values, _BUILT_IN)
    _Layer(draft, site, ("defaults", "all")).lay(draft.values, defaults.get("all", {}))
    for kind in ("classification", "profile"):
        chosen = tenant.values.get(kind)
        if chosen is not None and chosen in defaults.get(kind, {}):
            _Layer(draft, site, ("defaults", kind, chosen)).lay(draft.values, defaults[kind][chosen])
    _Layer(draft, tenant, ()).lay(draft.values, tenant.values)
    _complete(draft, site)
    return draft


@dataclass(frozen=True)
class _Layer:
    """Values laid over a draft's: from ``source`` under ``base``, or built in."""

    draft: Draft
    source: Document | None
    base: Path

    def lay(self, under: Tree, over: Tree, path: Path = ()) -> None:
        origins = self.draft.origins
        for key, value in over.items():
            inner = (*path, key)
            if isinstance(value, dict):
                if not isinstance(under.get(key), dict):
                    if key in under:
                        origins.forget(inner)
                    under[key] = {}
                self.lay(under[key], value, inner)
                continue
            if isinstance(under.get(key), dict):
                origins.forget(inner)
            if path[:1] == ("networks",) and key in _EITHER and under.pop(_EITHER[key], None) is not None:
                origins.forget((*path, _EITHER[key]))  # hosts over an inherited prefix, or the other way round
            under[key] = value
            origins.record(inner, (self.source, (*self.base, *inner)) if self.source else BUILT_IN)


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
