"""What ``check`` and ``show`` say themselves, in French too; what findings say is in `infra.intake.messages`."""

FRENCH = {
    "{files}: no finding": "{files} : rien à signaler",
    "{errors} errors, {warnings} warnings in {files} files": (
        "{errors} erreurs, {warnings} avertissements dans {files} fichiers"
    ),
    "all requests": "toutes les demandes",
    "error": "erreur",
    "warning": "avertissement",
    "see also": "voir aussi",
    "fix": "remède",
    "default": "valeur par défaut",
    "{name} has findings: joliba check": "{name} n'est pas acceptée : joliba check",
    "warnings of the request:": "avertissements sur la demande :",
}


def say_in(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled."""
    return (FRENCH[text] if lang == "fr" else text).format(**values)
