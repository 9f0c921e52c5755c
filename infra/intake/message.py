"""The form of what a finding says."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding refuses the request (``error``) or only tells (``warning``)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Message:
    """What is wrong, how to mend it, and the rule's source (law, SecNumCloud, ANSSI, SCS, RFC).

    Where a message names no source, `infra.intake.sources` has it. Words in braces are filled with the finding's
    values. ``severity`` is what findings of this code usually have: reference pages and rule lists say it.
    """

    text: str
    fix: str
    source: str = ""
    severity: Severity = Severity.ERROR
