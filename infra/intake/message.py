"""The form of what a finding says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """What is wrong, how to mend it, and the rule's source (law, SecNumCloud, ANSSI, SCS); no source: plain sense.

    Words in braces are filled with the finding's values.
    """

    text: str
    fix: str
    source: str = ""
