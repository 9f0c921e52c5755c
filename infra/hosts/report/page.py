"""A report as one self-contained page."""

from infra.hosts.report.contents import Contents


def render(contents: Contents, lang: str) -> str:
    """The page."""
    raise NotImplementedError
