"""A whole guest before and after: everything that a rollback promises to bring back."""

import json
from pathlib import Path

_PROGRAM = (Path(__file__).parent / "playbooks/host_state.py").read_text(encoding="utf-8")


def state(guest):
    """What it is now, by subject."""
    return json.loads(guest.ssh("sudo -n python3 -", stdin=_PROGRAM, timeout=900).stdout)


def changes(now, before):
    """What differs, flat, so that a failure shows only that."""
    found = {}
    for subject, was in before.items():
        if isinstance(was, dict):
            keys = {key for key in {*was, *now[subject]} if was.get(key) != now[subject].get(key)}
            found.update({f"{subject} {key}": (was.get(key), now[subject].get(key)) for key in keys})
        elif isinstance(was, list):
            found.update({f"{subject} -{each}": "" for each in was if each not in now[subject]})
            found.update({f"{subject} +{each}": "" for each in now[subject] if each not in was})
        elif was != now[subject]:
            found[subject] = (was, now[subject])
    return found
