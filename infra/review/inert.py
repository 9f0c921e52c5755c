"""Texts of strangers in Markdown: shown letter for letter, and never acted upon.

Forges do much with a comment's text: mentions, links to whatever looks like an address or a number of an issue, images,
HTML, GitLab's quick actions. Escaping each is a race that a forge's next version wins. All of them leave code alone
(CommonMark 0.31, 4.5 and 6.1; GitHub's, GitLab's and Gitea's filters skip code), so code is what strangers' texts are.
"""

import re
import textwrap

from infra.intake.findings import invisible
from infra.intake.markdown_text import code

_WIDTH = 100  # columns: forges do not wrap code


def span(text: str | bytes, longest: int = 200) -> str:
    """A text within a line, as code of at most ``longest`` characters."""
    return code(_cut(_visible(text, ascii_only=isinstance(text, bytes)), longest) or " ")


def block(lines: list[str]) -> str:
    """Lines as a block of code, each wrapped; what would break a line is shown instead."""
    shown = [part for line in lines for part in _wrapped(_visible(line))]
    fence = "`" * max(3, max((_longest_run(line) for line in shown), default=0) + 1)
    return "\n".join([f"{fence}text", *shown, fence])


def _visible(text: str | bytes, *, ascii_only: bool = False) -> str:
    """A text in which every character is seen; of bytes, only ASCII, since a path is compared letter by letter."""
    told = text.decode(errors="backslashreplace") if isinstance(text, bytes) else text
    return "".join(
        each.encode("unicode_escape").decode() if invisible(each) or (ascii_only and not each.isascii()) else each
        for each in told
    )


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent=f"{indent}  ", break_on_hyphens=False, replace_whitespace=False
    ) or [""]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
