"""What the answer to a pull request says itself, in French too."""

FRENCH = {
    "The request is accepted by the checks": "La demande passe les contrôles",
    "The request is refused": "La demande est refusée",
    "This is not a request": "Ceci n'est pas une demande",
    "Commit {head}, compared with {base}.": "Version {head}, comparée à {base}.",
    "Requests read:": "Demandes lues :",
    "{file} (removed)": "{file} (supprimée)",
    "Errors: {errors}. Warnings: {warnings}.": "Erreurs : {errors}. Avertissements : {warnings}.",
    "No finding.": "Rien à signaler.",
    "its own preview follows once the foundation is built, which does not serve it yet": (
        "son propre aperçu suivra une fois construit le socle, qui ne le sert pas encore"
    ),
    "an earlier run was interrupted; the next up puts in order what it left": (
        "une exécution antérieure a été interrompue ; le prochain « up » y remettra de l'ordre"
    ),
    "retired": "retiré",
    "error": "erreur",
    "warning": "avertissement",
    "fix": "remède",
    "source": "source",
    "{count} more are in the archive of this run.": "{count} autres sont dans l'archive de cette exécution.",
    "The check itself failed; the platform team must look at it:": (
        "Le contrôle lui-même a échoué ; l'équipe plateforme doit l'examiner :"
    ),
    "Only requests were checked, without credentials, because this changes something else:": (
        "Seules les demandes ont été contrôlées, sans aucun secret, parce que ceci change autre chose :"
    ),
    "Nothing of it was run or read. Move it to a pull request of its own, which the platform team reviews.": (
        "Rien de cela n'a été exécuté ni lu. Déplacez-le dans une demande de fusion à part, "
        "que l'équipe plateforme relit."
    ),
    "It changes no request: nothing to check here. The platform team reviews it and runs its tests.": (
        "Aucune demande n'y est modifiée : rien à contrôler ici. L'équipe plateforme la relit et lance ses tests."
    ),
    "Checked without credentials, since it comes from a fork: no preview.": (
        "Contrôlée sans aucun secret, car elle vient d'une copie (fork) du dépôt : pas de prévisualisation."
    ),
    "So much changes that not all of it was looked at.": (
        "Les changements sont si nombreux que tous n'ont pas été examinés."
    ),
    "It and the base branch have merged each other: bring it up to date with that branch.": (
        "Elle et la branche de base se sont fusionnées l'une l'autre : mettez-la à jour avec cette branche."
    ),
    "Decision sheets, in the archive of this run:": "Fiches de décision, dans l'archive de cette exécution :",
    "It took too long and was stopped: reports or decision sheets are missing.": (
        "L'exécution a été trop longue et a été arrêtée : il manque des rapports ou des fiches de décision."
    ),
    "Stopped: {minutes} minutes were not enough.": "Arrêté : {minutes} minutes n'ont pas suffi.",
    "What would change in the cloud:": "Ce qui changerait dans le cloud :",
    "nothing": "rien",
    "platform": "ne fait pas partie d'une demande",
    "place": "n'est pas un nom de fichier de demande",
    "kind": "n'est pas un fichier ordinaire",
    "size": "est trop grand",
    "site": "n'est pas d'un site connu",
    "register": "un registre ne se supprime pas",
    "conflict": "la branche de base a changé les mêmes lignes depuis : mettez la demande à jour",
    "many": "trop de fichiers pour une seule demande",
    "preview": "prévisualisation",
}
_ENGLISH = {
    "platform": "is no part of a request",
    "place": "is no name of a request's file",
    "kind": "is not an ordinary file",
    "size": "is too large",
    "site": "is of no known site",
    "register": "a register is never removed",
    "conflict": "the base branch has changed the same lines since: bring the request up to date",
    "many": "too many files for one request",
}


def say(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled."""
    return (FRENCH[text] if lang == "fr" else _ENGLISH.get(text, text)).format(**values)


def known(lang: str, text: str) -> str:
    """A text of another program in French if it is one of those above, else as it is."""
    return FRENCH.get(text, text) if lang == "fr" else text
