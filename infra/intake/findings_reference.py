"""The reference page of all codes of findings."""

from collections.abc import Iterable, Mapping

from infra.intake.explanation import Explanation, by_prefix, explained
from infra.intake.markdown_text import sentence

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Findings",
        "about": "What `joliba check` finds, by code; `joliba explain CODE` says the same. […] is what was found.",
        "made": "Written from the messages by `{command}`.",
        "code": "Code", "error": "error", "warning": "warning", "severity": "Severity", "text": "What it says",
        "fix": "How to mend it", "source": "Source", "refused": "refused", "accepted": "accepted",
    },
    "fr": {
        "title": "Constats",
        "about": "Ce que `joliba check` constate, par code ; `joliba explain CODE` dit la même chose. […] remplace ce "
        "qui a été trouvé.",
        "made": "Écrit à partir des messages par `{command}`.",
        "code": "Code", "error": "erreur", "warning": "avertissement", "severity": "Gravité", "text": "Ce qu'il dit",
        "fix": "Remède", "source": "Source", "refused": "refusé", "accepted": "accepté",
    },
}  # fmt: skip


def findings_page(lang: str, command: str) -> str:
    """All codes in ``en`` or ``fr``, in Markdown; ``command`` writes the page anew."""
    words = _WORDS[lang]
    lines = [f"# {words['title']}", "", words["about"], "", words["made"].format(command=command)]
    columns = ("code", "severity", "text", "fix", "source")
    for prefix, codes in by_prefix().items():
        lines += ["", f"## {prefix}", "", _line(words[column] for column in columns), "|" + "---|" * len(columns)]
        told = [explained(code, lang) for code in codes]
        lines += [_row(about, words) for about in told]
        for about in told:
            lines += _example(about, words)
    return "\n".join(lines) + "\n"


def _row(about: Explanation, words: Mapping[str, str]) -> str:
    texts = (sentence(text) for text in (about.text, about.fix, about.source))
    return _line((f"`{about.code}`", words[about.severity.value], *texts))


def _example(about: Explanation, words: Mapping[str, str]) -> list[str]:
    if about.example is None:
        return []
    shown = {"refused": about.example.refused, "accepted": about.example.accepted}
    blocks = [f"# {words[way]}\n{part}" for way, part in shown.items() if part]
    return ["", f"`{about.code}`:", "", "```yaml", *blocks, "```"]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
