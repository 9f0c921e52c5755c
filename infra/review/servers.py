"""What becomes of servers, their data volumes and buckets: the things that hold data.

What Pulumi and OpenStack really do is in `infra.datacenter.compute` and ``docs/decisions/0004``: a changed image,
disk or spread waits for a new ``rebuild`` word; another network rebuilds at once; a volume grows in use, and never
shrinks.
"""

from collections.abc import Iterator, Mapping

from infra.intake.findings import Path
from infra.model.tenant import DataVolume, Tenant, Tier
from infra.review.change import Action, Change, Pair, Subject

_WAITING = (
    ("image", "image"), ("disk", "system disk in GiB"), ("volume_type", "volume type of the system disk"),
    ("spread", "spread over hypervisors"),
)  # fmt: skip
"""What a server keeps until its tier is rebuilt: the tier's field, and the word for it."""


def tiers(tenant: Tenant | None) -> Mapping[Path, Tier]:
    """A tenant's tiers by their paths in the request."""
    if tenant is None:
        return {}
    return {("platforms", address.platform, "tiers", address.tier): tier for address, tier in tenant.tiers()}


def server_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of servers and volumes."""
    before, after = tiers(pair.was), tiers(pair.now)
    for path in dict.fromkeys([*after, *before]):
        was, now = before.get(path), after.get(path)
        if was != now:
            yield from _tier(_Tier(pair, path), was, now)


class _Tier:
    """A tier on both sides: makes the changes of its servers and volumes."""

    def __init__(self, pair: Pair, path: Path) -> None:
        self._pair, self.path = pair, path
        self.name = f"{path[1]}.{path[3]}"

    def servers(self, code: str, action: Action, *, count: int, before: str | None = None, after: str | None = None,
                **values: str) -> Change:  # fmt: skip
        """A server that is destroyed or made anew loses its system disk, and all that somebody kept there."""
        return self._pair.change(
            code,
            action,
            Subject.SERVER,
            self.name,
            self.path,
            before=before,
            after=after,
            count=count,
            loses_data=count > 0 and action in (Action.DESTROY, Action.REBUILD),
            values=values | _in_french(before, after),
        )

    def volumes(self, code: str, action: Action, volume: str, *, count: int, before: str | None = None,
                after: str | None = None, loses_data: bool = False) -> Change:  # fmt: skip
        path = (*self.path, "volumes", volume)
        return self._pair.change(
            code, action, Subject.VOLUME, f"{self.name}.{volume}", path,
            before=before, after=after, count=count, loses_data=loses_data,
            values=_in_french(before, after),
        )  # fmt: skip


def _tier(told: _Tier, was: Tier | None, now: Tier | None) -> Iterator[Change]:
    count_before, count_after = was.count if was else 0, now.count if now else 0
    if was and count_after < count_before:
        gone = count_before - count_after
        yield told.servers(
            "DIFF-SERVER-DESTROYED", Action.DESTROY, count=gone, before=_described(was), total=str(count_before)
        )
    if now and count_after > count_before:
        yield told.servers(
            "DIFF-SERVER-CREATED", Action.CREATE, count=count_after - count_before, after=_described(now)
        )
    if was and now:
        yield from _kept_servers(told, was, now, min(count_before, count_after))
    yield from _volumes(told, was, now)


def _in_french(before: str | None, after: str | None) -> dict[str, str]:
    """What differs in French: the unit."""
    return {f"{name}_fr": text.replace(" GiB", " Gio") for name, text in (("before", before), ("after", after)) if text}


def _described(tier: Tier) -> str:
    return f"{tier.flavor}, {tier.image}, {tier.disk} GiB {tier.volume_type}"


def _kept_servers(told: _Tier, was: Tier, now: Tier, kept: int) -> Iterator[Change]:
    if was.network != now.network:
        yield told.servers("DIFF-SERVER-MOVED", Action.REBUILD, count=kept, before=was.network, after=now.network)
    if (was.rebuild or "") != (now.rebuild or ""):
        count = kept if was.network == now.network else 0  # they are counted already
        yield told.servers(
            "DIFF-SERVER-REBUILT", Action.REBUILD, count=count, before=_described(was), after=_described(now),
            kept=str(kept),
        )  # fmt: skip
        return
    if was.flavor != now.flavor:
        yield told.servers("DIFF-SERVER-RESIZED", Action.CHANGE, count=kept, before=was.flavor, after=now.flavor)
    for field, word in _WAITING:
        before, after = getattr(was, field), getattr(now, field)
        if before != after:
            yield told.servers(
                "DIFF-SERVER-WAITING", Action.CHANGE, count=0, before=str(before), after=str(after), what_word=word
            )


def _volumes(told: _Tier, was: Tier | None, now: Tier | None) -> Iterator[Change]:
    before: Mapping[str, DataVolume] = was.volumes if was else {}
    after: Mapping[str, DataVolume] = now.volumes if now else {}
    for volume in dict.fromkeys([*after, *before]):
        old, new = before.get(volume), after.get(volume)
        count_before = was.count if was and old else 0
        count_after = now.count if now and new else 0
        if old and count_after < count_before:
            gone = count_before - count_after
            yield told.volumes(
                "DIFF-VOLUME-DESTROYED", Action.DESTROY, volume, count=gone, before=_held(old), loses_data=True
            )
        if new and count_after > count_before:
            yield told.volumes(
                "DIFF-VOLUME-CREATED", Action.CREATE, volume, count=count_after - count_before, after=_held(new)
            )
        if old and new:
            yield from _kept_volumes(told, old, new, min(count_before, count_after))


def _held(volume: DataVolume) -> str:
    return f"{volume.size} GiB {volume.type}"


def _kept_volumes(told: _Tier, old: DataVolume, new: DataVolume, kept: int) -> Iterator[Change]:
    if new.size != old.size:
        shrinks = new.size < old.size
        code = "DIFF-VOLUME-SHRUNK" if shrinks else "DIFF-VOLUME-GROWN"
        yield told.volumes(
            code, Action.CHANGE, old.name, count=kept, before=str(old.size), after=str(new.size), loses_data=shrinks
        )
    if new.type != old.type:
        yield told.volumes("DIFF-VOLUME-RETYPED", Action.CHANGE, old.name, count=kept, before=old.type, after=new.type)


def bucket_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of buckets. A smaller one keeps all that is in it: its size is only a limit."""
    before = pair.was.buckets if pair.was else {}
    after = pair.now.buckets if pair.now else {}
    for name in dict.fromkeys([*after, *before]):
        old, new, path = before.get(name), after.get(name), ("buckets", name)
        if old is None and new:
            yield pair.change("DIFF-BUCKET-CREATED", Action.CREATE, Subject.BUCKET, name, path, after=str(new.size))
        elif new is None and old:
            yield pair.change(
                "DIFF-BUCKET-DESTROYED", Action.DESTROY, Subject.BUCKET, name, path,
                before=str(old.size), loses_data=True,
            )  # fmt: skip
        elif old and new and old.size != new.size:
            yield pair.change(
                "DIFF-BUCKET-RESIZED", Action.CHANGE, Subject.BUCKET, name, path,
                before=str(old.size), after=str(new.size),
            )  # fmt: skip
