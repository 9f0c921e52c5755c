"""What ``check``, ``diff`` and ``show`` say themselves, in French; findings: `infra.intake.messages`."""

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
    "destroy": "suppression",
    "rebuild": "reconstruction",
    "change": "modification",
    "create": "création",
    "new": "nouveau",
    "changed": "modifié",
    "removed": "disparu",
    "unchanged": "inchangé",
    "unclear": "indéterminé : une des deux demandes a des erreurs",
    "formerly {place}": "auparavant {place}",
    "data could be lost": "des données pourraient être perdues",
    "{created} created, {changed} changed, {rebuilt} rebuilt, {destroyed} destroyed": (
        "{created} à créer, {changed} à modifier, {rebuilt} à reconstruire, {destroyed} à supprimer"
    ),
    "nothing changed since {ref}": "rien n'a changé depuis {ref}",
    "warnings of the request:": "avertissements sur la demande :",
}


def say_in(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled."""
    return (FRENCH[text] if lang == "fr" else text).format(**values)
