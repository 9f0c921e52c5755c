"""Text in Markdown in which nothing that a request says can act: no link, mention, image, table, HTML, emphasis.

GitHub, GitLab and Forgejo find mentions, references and addresses in the text after Markdown was read, so that escaping
cannot stop them; they leave code alone. What a request says is therefore always code.
"""

import re
from itertools import groupby

from infra.intake.findings import END, FOUND

_ACTIVE = re.compile(r"([\\*_\[\]<>&#|~$!])")
_BACKTICKS = re.compile(r"`+")


def prose(text: str) -> str:
    """Our own text, in one line: what would be Markdown or HTML in it is escaped."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Any one-line text as code, fenced with more backticks than it has in a row (CommonMark 0.31, 6.1)."""
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    needs_room = text[0] in "` " or text[-1] in "` "
    return f"{fence} {text} {fence}" if needs_room else f"{fence}{text}{fence}"


def sentence(marked: str) -> str:
    """A text of a finding (`Finding.marked`): its values as code, and what our own text has between backticks too."""
    pieces: list[tuple[str, bool]] = []
    inside = ours = False
    for character in marked:
        if character in (FOUND, END):
            inside = character == FOUND
        elif character == "`" and not inside:
            ours = not ours
        else:
            pieces.append((character, inside or ours))
    made = []
    for coded, group in groupby(pieces, key=lambda piece: piece[1]):
        text = "".join(character for character, _ in group)
        made.append(code(text) if coded else _spaced(text))
    return "".join(made)


def _spaced(text: str) -> str:
    """Our own text between two values, with the spaces at its ends."""
    start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{start}{prose(text)}{end}" if text.strip() else text
