"""What a host's programs say, made fit to be shown: anything may stand in it."""

_LONGEST = 300  # characters; the end of a complaint says most


def one_line(said: str) -> str:
    """A host's words on one line, without control characters; the end of what is long."""
    return "".join(letter if letter.isprintable() else " " for letter in said).strip()[-_LONGEST:]
