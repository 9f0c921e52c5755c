"""What a host said, as it may be shown: every character seen, no longer than helps."""

from infra.intake.findings import invisible

LONGEST = 2000
"""Characters of an observed value that a page or a table shows; the JSON form has all of it."""


def shown(text: str, longest: int = LONGEST) -> str:
    r"""A text in which control, bidirectional and other invisible characters are written out (``\x1b``), cut if long.

    Lines and tabs are written out too, so that a value is one line in every form. It still needs the escaping of the
    form that it goes into.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)})"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(_visible(each) for each in cut)


def _visible(character: str) -> str:
    return character.encode("unicode_escape").decode() if invisible(character) else character
