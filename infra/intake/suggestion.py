"""The nearest accepted names to one that is not."""

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 24


def suggestion(found: str, accepted: Iterable[str]) -> dict[str, str]:
    """The values ``nearest`` and ``accepted`` of a finding; where nothing is near, ``nearest`` is the first one."""
    names = list(dict.fromkeys(accepted))
    near = get_close_matches(found[:100], names, n=2, cutoff=0.5) or names[:1]
    more = ["…"] if len(names) > _SHOWN else []
    return {"nearest": ", ".join(near) or "—", "accepted": ", ".join([*names[:_SHOWN], *more]) or "—"}
