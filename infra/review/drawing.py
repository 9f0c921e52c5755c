"""A tenant's networks, tiers and flows as a drawing: who talks to whom, from the Internet on the left to the data.

A network is a band; a tier stands in its network's band, in the column of how many flows lead to it from outside.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.model.flow import End, Flow, Outside, TierAddress
from infra.model.tenant import Tenant, Tier

BOX_WIDTH, BOX_HEIGHT = 168, 52
COLUMN, ROW = 300, 84
MARGIN, BAND_PADDING, BAND_TITLE = 16, 16, 22
OUTSIDE_BAND = ""
"""The band of those who are not the tenant's: the Internet, other tenants."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Someone who talks: a tier, the Internet, another tenant. ``x`` and ``y`` are the upper left corner's."""

    title: str
    subtitle: str
    x: int
    y: int
    outside: bool

    @property
    def right(self) -> int:
        """The x of its right side."""
        return self.x + BOX_WIDTH

    @property
    def middle(self) -> int:
        """The y of its middle."""
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, kw_only=True)
class Band:
    """A network, with its block of addresses."""

    name: str
    block: str
    y: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """A flow: an SVG path, and where its ports are written."""

    path: str
    label: str
    x: int
    y: int


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """All of it, in pixels of an SVG's own space."""

    width: int
    height: int
    bands: tuple[Band, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def drawing(tenant: Tenant, blocks: Mapping[str, str], words: Mapping[Outside, str]) -> Drawing:
    """The drawing of a tenant.

    Args:
        tenant: the request.
        blocks: the register's block by network.
        words: what the ends that are no tier are called, in the reader's language.
    """
    flows = list(dict.fromkeys(tenant.flows()))
    tiers = dict(tenant.tiers())
    strangers = [end for end in _ends(flows) if not isinstance(end, TierAddress) or end.tenant != tenant.name]
    columns = _columns(tiers, strangers, flows)
    band_of: dict[End, str] = dict.fromkeys(strangers, OUTSIDE_BAND)
    band_of |= {address: tier.network for address, tier in tiers.items()}
    rows: dict[tuple[str, int], list[End]] = defaultdict(list)
    for end in (*strangers, *tiers):
        rows[band_of[end], columns[end]].append(end)
    bands, tops = _bands(rows, [*([OUTSIDE_BAND] if strangers else []), *tenant.networks], blocks)
    boxes: dict[End, Box] = {}
    for (band, column), ends in rows.items():
        for position, end in enumerate(ends):
            title, subtitle = _titles(end, tiers, words)
            boxes[end] = Box(
                title=title,
                subtitle=subtitle,
                x=MARGIN * 2 + column * COLUMN,
                y=tops[band] + position * ROW,
                outside=end not in tiers,
            )
    arrows = tuple(_arrow(boxes[flow.source], boxes[flow.target], flow) for flow in flows if flow.source in boxes)
    return Drawing(
        width=max((box.right for box in boxes.values()), default=BOX_WIDTH) + MARGIN * 4,
        height=max((band.y + band.height for band in bands), default=ROW) + MARGIN,
        bands=tuple(bands),
        boxes=tuple(boxes.values()),
        arrows=arrows,
    )


def _ends(flows: Iterable[Flow]) -> list[End]:
    found = [end for flow in flows for end in (flow.source, flow.target)]
    return [end for end in dict.fromkeys(found) if end is not Outside.ADMINISTRATION]


def _columns(tiers: Iterable[TierAddress], strangers: Iterable[End], flows: Iterable[Flow]) -> dict[End, int]:
    """How many flows lead to each end from one to which none leads; each end once, so that circles end."""
    leads: dict[End, list[End]] = defaultdict(list)
    entered = set()
    for flow in flows:
        if flow.source != flow.target:
            leads[flow.source].append(flow.target)
            entered.add(flow.target)
    columns = dict.fromkeys(strangers, 0)
    columns |= {tier: 1 for tier in tiers if tier not in entered}
    waiting = list(columns)
    while waiting:
        end = waiting.pop(0)
        for target in leads[end]:
            if target not in columns:
                columns[target] = columns[end] + 1
                waiting.append(target)
    columns |= {tier: 1 for tier in tiers if tier not in columns}
    first = min(columns.values(), default=0)
    return {end: column - first for end, column in columns.items()}


def _bands(
    rows: Mapping[tuple[str, int], list[End]], names: Iterable[str], blocks: Mapping[str, str]
) -> tuple[list[Band], dict[str, int]]:
    """The bands from above, and for each the y of its first row of boxes."""
    found, tops, y = [], {}, MARGIN
    for name in names:
        most = max((len(ends) for (band, _), ends in rows.items() if band == name), default=0)
        title = BAND_TITLE if name else 0
        height = title + 2 * BAND_PADDING + max(0, most * ROW - (ROW - BOX_HEIGHT))
        tops[name] = y + title + BAND_PADDING
        found.append(Band(name=name, block=blocks.get(name, ""), y=y, height=height))
        y += height + MARGIN
    return found, tops


def _titles(end: End, tiers: Mapping[TierAddress, Tier], words: Mapping[Outside, str]) -> tuple[str, str]:
    if not isinstance(end, TierAddress):
        return words[end], ""
    tier = tiers.get(end)
    return f"{end.platform}.{end.tier}", f"{tier.count} \N{MULTIPLICATION SIGN} {tier.flavor}" if tier else end.tenant


def _arrow(source: Box, target: Box, flow: Flow) -> Arrow:
    label = ", ".join(map(str, flow.ports))
    if source == target:
        x, y = source.right, source.y
        path = f"M{x - 44} {y} C{x - 44} {y - 26} {x - 8} {y - 26} {x - 8} {y - 2}"
        return Arrow(path=path, label=label, x=x - 26, y=y - 22)
    start, end = (source.right, source.middle), (target.x, target.middle)
    if target.x <= source.x:  # backwards, or within a column: out and in again on the right
        end = (target.right, target.middle)
        bend = max(start[0], end[0]) + 70
        path = f"M{start[0]} {start[1]} C{bend} {start[1]} {bend} {end[1]} {end[0] + 3} {end[1]}"
        return Arrow(path=path, label=label, x=bend - 18, y=(start[1] + end[1]) // 2)
    half = (start[0] + end[0]) // 2
    path = f"M{start[0]} {start[1]} C{half} {start[1]} {half} {end[1]} {end[0] - 3} {end[1]}"
    return Arrow(path=path, label=label, x=half, y=(start[1] + end[1]) // 2 - 6)
