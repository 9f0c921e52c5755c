"""What ``check``, ``diff``, ``explain`` and ``show`` say, in French too; findings: `infra.intake.messages`."""

FRENCH = {
    "{files}: no finding": "{files} : rien à signaler",
    "{errors}, {warnings} in {files}": "{errors}, {warnings} dans {files}",
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
    "would mend": "corrigerait",
    "mended": "corrigé :",
    "byte-order mark removed": "marque d'ordre des octets retirée",
    "line ends of Windows replaced on {lines}": "fins de ligne de Windows remplacées sur {lines}",
    "tabs replaced by spaces on {lines}": "tabulations remplacées par des espaces sur {lines}",
    "spaces removed at the end of {lines}": "espaces retirées à la fin de {lines}",
    "line end added at the end of the file": "fin de ligne ajoutée à la fin du fichier",
    "name {found} replaced by {now}, the file's": "nom {found} remplacé par {now}, celui du fichier",
    "{found}: {now}": "{found} : {now}",
    "{found}": "{found}",
    "path": "endroit",
    "found": "trouvé",
    "nearest": "le plus proche",
    "accepted": "accepté",
    "source": "source",
    "line {line}, column {column}": "ligne {line}, colonne {column}",
    "How to mend it": "Remède",
    "Source": "Source",
    "See also": "Voir aussi",
    "Code": "Code",
    "Severity": "Gravité",
    "What it says": "Ce qu'il dit",
    "For example, refused": "Par exemple, refusé",
    "Its neighbour, accepted": "Son voisin, accepté",
    "Joliba: no finding in {files}": "Joliba : rien à signaler dans {files}",
    "Joliba: {errors}, {warnings} in {files}": "Joliba : {errors}, {warnings} dans {files}",
    "{rest} more: run joliba check": "{rest} de plus : lancez joliba check",
    "there is no code {code}: did you mean {nearest}?": "il n'y a pas de code {code} : vouliez-vous dire {nearest} ?",
}

_COUNTED = {
    "en": {
        "error": ("error", "errors"),
        "warning": ("warning", "warnings"),
        "file": ("file", "files"),
        "line": ("line", "lines"),
    },
    "fr": {
        "error": ("erreur", "erreurs"),
        "warning": ("avertissement", "avertissements"),
        "file": ("fichier", "fichiers"),
        "line": ("ligne", "lignes"),
    },
}


def counted(lang: str, number: int, what: str) -> str:
    """How many errors, warnings or files; in French none is singular."""
    one, many = _COUNTED[lang][what]
    return f"{number} {one if number == 1 or (lang == 'fr' and not number) else many}"


def labelled(lang: str, label: str, text: str = "") -> str:
    """A label of ours, its colon with the space that French puts before it, and what it labels."""
    colon = "\N{NO-BREAK SPACE}:" if lang == "fr" else ":"
    return f"{say_in(lang, label)}{colon} {text}".rstrip()


def say_in(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled."""
    return (FRENCH[text] if lang == "fr" else text).format(**values)
