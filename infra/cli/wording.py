"""How commands say numbers and labels; findings: `infra.intake.messages`."""

from infra.wording import say_in

_COUNTED = {
    "en": {
        "error": ("error", "errors"),
        "warning": ("warning", "warnings"),
        "file": ("file", "files"),
        "line": ("line", "lines"),
        "host": ("host", "hosts"),
    },
    "fr": {
        "error": ("erreur", "erreurs"),
        "warning": ("avertissement", "avertissements"),
        "file": ("fichier", "fichiers"),
        "line": ("ligne", "lignes"),
        "host": ("hôte", "hôtes"),
    },
}


def counted(lang: str, number: int, what: str) -> str:
    """How many errors, files or hosts; in French none is singular."""
    one, many = _COUNTED[lang][what]
    return f"{number} {one if number == 1 or (lang == 'fr' and not number) else many}"


def labelled(lang: str, label: str, text: str = "") -> str:
    """A label of ours, its colon with the space that French puts before it, and what it labels."""
    colon = "\N{NO-BREAK SPACE}:" if lang == "fr" else ":"
    return f"{say_in(lang, label)}{colon} {text}".rstrip()
