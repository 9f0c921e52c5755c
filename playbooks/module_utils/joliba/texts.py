"""Files as a whole: what they say to people, how old they are; and what AIDE's says."""

from __future__ import annotations

import os
import re
import time

from ansible.module_utils.joliba.observing import Observed, Unmeasured, at, text_of

_DAY = 86400  # seconds


def file_text(path: str) -> Observed:
    """A file's text, without blanks around it; None if there is no file."""
    text = text_of(path)
    return Observed(persistent=None if text is None else text.strip())


def file_age_days(path: str) -> Observed:
    """Whole days since a file was last written; None if there is no file."""
    try:
        return Observed(persistent=int((time.time() - os.path.getmtime(at(path))) / _DAY))
    except FileNotFoundError:
        return Observed(persistent=None)
    except OSError as error:
        raise Unmeasured(f"{path}: {error.strerror}") from error


def aide_group(name: str) -> Observed:
    """The attributes that a group of AIDE's configuration looks at."""
    found = re.findall(rf"^{re.escape(name)}\s*=\s*(\S+)", text_of("/etc/aide/aide.conf") or "", re.MULTILINE)
    return Observed(persistent=found[-1].split("+") if found else None)


PROBES = {"aide_group": aide_group, "file_text": file_text, "file_age_days": file_age_days}
