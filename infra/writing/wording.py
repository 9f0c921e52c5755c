"""What the dialogue and the form say themselves; what a field is for is the schema's, what is wrong the findings'."""

from collections.abc import Mapping

from infra.intake.findings import Path

_LABELS: Mapping[str, tuple[str, str]] = {
    "tenant": ("Name of the tenant", "Nom du locataire"),
    "ministry": ("Ministry", "Ministère"),
    "reason": ("Reason", "Motif"),
    "classification": ("Classification", "Classification"),
    "profile": ("Profile", "Profil"),
    "contacts": ("Contacts", "Contacts"),
    "contacts/owner": ("Owner of the data", "Propriétaire des données"),
    "contacts/technical": ("Technical contact", "Responsable technique"),
    "contacts/security": ("Security contact", "Responsable de la sécurité"),
    "contacts/*/name": ("Person or office", "Personne ou service"),
    "contacts/*/email": ("E-mail address", "Adresse électronique"),
    "data": ("Nature of the data", "Nature des données"),
    "data/personal": ("Personal data", "Données à caractère personnel"),
    "data/health": ("Health data", "Données de santé"),
    "networks": ("Networks", "Réseaux"),
    "networks/*": ("Name of the network", "Nom du réseau"),
    "networks/*/hosts": ("Addresses", "Adresses"),
    "networks/*/qos": ("Bandwidth limit", "Limite de débit"),
    "platforms": ("Applications", "Applications"),
    "platforms/*": ("Name of the application", "Nom de l'application"),
    "platforms/*/description": ("What it is for", "À quoi elle sert"),
    "platforms/*/tiers": ("Tiers", "Étages"),
    "platforms/*/tiers/*": ("Name of the tier", "Nom de l'étage"),
    "platforms/*/tiers/*/network": ("Network", "Réseau"),
    "platforms/*/tiers/*/count": ("Servers", "Serveurs"),
    "platforms/*/tiers/*/flavor": ("Size of server", "Gabarit de serveur"),
    "platforms/*/tiers/*/image": ("Operating system", "Système d'exploitation"),
    "platforms/*/tiers/*/disk": ("System disk (GiB)", "Disque système (Gio)"),
    "platforms/*/tiers/*/volume_type": ("Volume type", "Type de volume"),
    "platforms/*/tiers/*/spread": ("Spread", "Répartition"),
    "platforms/*/tiers/*/role": ("Role of the servers", "Rôle des serveurs"),
    "platforms/*/tiers/*/volumes": ("Data volumes", "Volumes de données"),
    "platforms/*/tiers/*/volumes/*": ("Name of the volume", "Nom du volume"),
    "platforms/*/tiers/*/volumes/*/size": ("Size (GiB)", "Taille (Gio)"),
    "platforms/*/tiers/*/volumes/*/type": ("Volume type", "Type de volume"),
    "platforms/*/flows": ("Flows", "Flux"),
    "platforms/*/flows/*/from": ("From", "De"),
    "platforms/*/flows/*/to": ("To", "Vers"),
    "platforms/*/flows/*/ports": ("Ports", "Ports"),
    "platforms/*/publish": ("Published names", "Noms publiés"),
    "platforms/*/publish/*": ("Name on the Internet", "Nom sur Internet"),
    "platforms/*/publish/*/tier": ("Tier that answers", "Étage qui répond"),
    "platforms/*/publish/*/port": ("Port of the servers", "Port des serveurs"),
    "platforms/*/publish/*/listen": ("Port on the Internet", "Port sur Internet"),
    "buckets": ("Buckets", "Conteneurs d'objets"),
    "buckets/*": ("Name of the bucket", "Nom du conteneur"),
    "buckets/*/size": ("Size (GiB)", "Taille (Gio)"),
    "access": ("Access", "Accès"),
    "access/groups": ("Access groups", "Groupes d'accès"),
    "access/groups/*": ("Name of the group", "Nom du groupe"),
    "access/groups/*/role": ("Role", "Rôle"),
    "access/groups/*/keys/*": ("SSH public key", "Clé publique SSH"),
    "deviations": ("Deviations", "Dérogations"),
    "deviations/*/rule": ("Rule", "Règle"),
    "deviations/*/reason": ("Reason", "Motif"),
    "deviations/*/owner": ("Who answers for it", "Qui en répond"),
    "deviations/*/approver": ("Who accepted it", "Qui l'a acceptée"),
    "deviations/*/expires": ("Last day", "Dernier jour"),
    "egress": ("Destinations outside the site", "Destinations hors du site"),
    "egress/*/to": ("Addresses", "Adresses"),
    "egress/*/ports": ("Ports", "Ports"),
    "egress/*/reason": ("Reason", "Motif"),
    "hardening": ("Hardening", "Durcissement"),
    "hardening/level": ("Hardening level", "Niveau de durcissement"),
    "backups": ("Backups", "Sauvegardes"),
    "backups/every_hours": ("Hours between backups", "Heures entre deux sauvegardes"),
    "backups/keep_days": ("Days kept", "Jours de conservation"),
    "review_by": ("Review date", "Date de réexamen"),
}


def label(path: Path, lang: str) -> str:
    """What a person calls the field at a path, in which ``*`` stands for any name or position."""
    joined = "/".join(map(str, path))
    found = _LABELS.get(joined) or _LABELS["/".join([str(path[0]), "*", *map(str, path[2:])])]
    return found[lang == "fr"]


_SAID: Mapping[str, tuple[str, str]] = {
    "class public": ("may be published", "peut être publié"),
    "class internal": ("for the administration", "réservé à l'administration"),
    "class restricted": ("personal, health or sensitive data", "données personnelles, de santé ou sensibles"),
    "class secret": ("never published", "jamais publié"),
    "level minimal": ("minimal", "minimal"),
    "level intermediary": ("intermediary", "intermédiaire"),
    "level enhanced": ("enhanced", "renforcé"),
    "level high": ("high", "élevé"),
    "role member": ("changes things", "modifie"),
    "role reader": ("only looks", "consulte"),
    "role guest": ("ordinary server", "serveur ordinaire"),
    "role container-host": ("runs containers", "fait tourner des conteneurs"),
    "role router": ("forwards packets", "achemine des paquets"),
    "part identity": ("The tenant", "Le locataire"),
    "part classification": ("Classification", "Classification"),
    "part rest": ("Hardening, backups, review", "Durcissement, sauvegardes, réexamen"),
    "no,yes": ("no,yes", "non,oui"),
    "no": ("no", "non"),
    "Class public": ("Public", "Public"),
    "Class internal": ("Internal", "Interne"),
    "Class restricted": ("Restricted", "Restreint"),
    "Class secret": ("Secret", "Secret"),
    "spread soft": ("wherever possible", "autant que possible"),
    "spread hard": ("always", "toujours"),
    "lead": (
        (
            "Describe what your ministry needs. The page checks every field as you type and writes the file of "
            "your request; nothing that you type leaves this computer."
        ),
        (
            "Décrivez ce dont votre ministère a besoin. La page vérifie chaque champ pendant la saisie et écrit "
            "le fichier de votre demande ; rien de ce que vous saisissez ne quitte cet ordinateur."
        ),
    ),
    "about networks": (
        (
            "A tenant has one network or several, for example one that the Internet reaches and one for the data."
            " The site gives each one its block of addresses."
        ),
        (
            "Un locataire a un ou plusieurs réseaux, par exemple un que l'on atteint depuis Internet et un pour "
            "les données. Le site attribue à chacun son bloc d'adresses."
        ),
    ),
    "about platforms": (
        (
            "What your servers are for. Each application has tiers of equal servers, the flows that are allowed "
            "between them, and the names under which the public reaches it."
        ),
        (
            "À quoi servent vos serveurs. Chaque application a des étages de serveurs identiques, les flux permis"
            " entre eux, et les noms sous lesquels le public l'atteint."
        ),
    ),
    "next file": (
        (
            "The file goes to inventories/{site}/tenants/ of the repository, in a pull request, or by e-mail to "
            "the platform team."
        ),
        (
            "Le fichier va dans inventories/{site}/tenants/ du dépôt, par une demande de fusion, ou par courriel "
            "à l'équipe de la plateforme."
        ),
    ),
    "next check": (
        (
            "It is checked again there, with what this page cannot know: addresses, capacity, the other "
            "ministries' files."
        ),
        (
            "Il y est vérifié à nouveau, avec ce que cette page ne peut pas savoir : adresses, capacité, fichiers"
            " des autres ministères."
        ),
    ),
    "next approval": (
        "Those whom its classification names approve it; then the tenant is built.",
        "Les responsables que désigne sa classification l'approuvent ; le locataire est ensuite construit.",
    ),
    "about names": (
        "Lower-case letters without accents, digits, hyphens.",
        "Minuscules sans accent, chiffres, traits d'union.",
    ),
    "about host names": ("A name in the tenant's own zone.", "Un nom dans la zone du locataire."),
    "tenant": ("tenant", "locataire"),
    "Add network": ("Add a network", "Ajouter un réseau"),
    "New network": ("New network", "Nouveau réseau"),
    "Remove network": ("Remove the network", "Retirer le réseau"),
    "Add platform": ("Add an application", "Ajouter une application"),
    "New platform": ("New application", "Nouvelle application"),
    "Remove platform": ("Remove the application", "Retirer l'application"),
    "Add tier": ("Add a tier", "Ajouter un étage"),
    "New tier": ("New tier", "Nouvel étage"),
    "Remove tier": ("Remove the tier", "Retirer l'étage"),
    "Add volume": ("Add a volume", "Ajouter un volume"),
    "New volume": ("New volume", "Nouveau volume"),
    "Remove volume": ("Remove the volume", "Retirer le volume"),
    "Add flow": ("Add a flow", "Ajouter un flux"),
    "New flow": ("Flow", "Flux"),
    "Remove flow": ("Remove the flow", "Retirer le flux"),
    "Add publish": ("Add a name", "Ajouter un nom"),
    "New publish": ("New name", "Nouveau nom"),
    "Remove publish": ("Remove the name", "Retirer le nom"),
    "Add bucket": ("Add a bucket", "Ajouter un conteneur"),
    "New bucket": ("New bucket", "Nouveau conteneur"),
    "Remove bucket": ("Remove the bucket", "Retirer le conteneur"),
    "Add group": ("Add a group", "Ajouter un groupe"),
    "New group": ("New group", "Nouveau groupe"),
    "Remove group": ("Remove the group", "Retirer le groupe"),
    "Add egress": ("Add a destination", "Ajouter une destination"),
    "New egress": ("Destination", "Destination"),
    "Remove egress": ("Remove the destination", "Retirer la destination"),
    "administration": ("Administration network", "Réseau d'administration"),
    "made": (
        (
            "Made by Joliba on {day} from the site's catalogue. A flow between two tenants is written into both "
            "files by hand."
        ),
        (
            "Produit par Joliba le {day} à partir du catalogue du site. Un flux entre deux locataires s'écrit à "
            "la main dans les deux fichiers."
        ),
    ),
}
"""Texts that have a name because the two languages differ in more than words."""
_FRENCH: Mapping[str, str] = {
    "Another tenant's tier: tenant/application.tier; that tenant declares the same flow.": (
        "L'étage d'un autre locataire : locataire/application.étage ; ce locataire déclare le même flux."
    ),
    "{vcpus} vCPU, {ram} GiB": "{vcpus} vCPU, {ram} Gio",
    ", disk {disk} GiB": ", disque {disk} Gio",
    "{rate} Mbit/s": "{rate} Mbit/s",
    "{choice}: {told}": "{choice} : {told}",
    "encrypted": "chiffré",
    "not encrypted": "non chiffré",
    "Data is encrypted at rest.": "Les données stockées sont chiffrées.",
    "Encryption is not compulsory.": "Le chiffrement n'est pas obligatoire.",
    "Nothing may be published on the Internet.": "Rien ne peut être publié sur Internet.",
    "Hardening: {level}.": "Durcissement : {level}.",
    "Backups every {hours} hours, kept {days} days.": "Sauvegardes toutes les {hours} heures, gardées {days} jours.",
    "Approved by: {approvers}.": "Approbation : {approvers}.",
    "A new tenant of {site}": "Un nouveau locataire de {site}",
    "Enter keeps what stands in brackets; ? shows the choices again; Ctrl-C leaves and writes nothing.": (
        "Entrée garde ce qui est entre crochets ; ? montre à nouveau les choix ; Ctrl-C quitte sans rien écrire."
    ),
    "For example: {example}": "Par exemple : {example}",
    "Enter: no more": "Entrée : c'est tout",
    "Enter: none": "Entrée : aucun",
    "The request": "La demande",
    "nothing was written (dry run)": "rien n'a été écrit (essai)",
    "wrote {file}": "écrit : {file}",
    "Next:": "Ensuite :",
    "Request for {tenant}": "Demande pour {tenant}",
    "Request a tenant": "Demander un locataire",
    "Request a tenant of {site}": "Demander un locataire de {site}",
    "Skip to the form": "Aller au formulaire",
    "This form needs JavaScript.": "Ce formulaire a besoin de JavaScript.",
    "Who asks, and why": "Qui demande, et pourquoi",
    "The data": "Les données",
    "(optional)": "(facultatif)",
    "The site's: {usual}": "Celui du site : {usual}",
    "The site's choice": "Choix du site",
    "Choose…": "Choisissez…",
    "Disks, encryption, spread, role": "Disques, chiffrement, répartition, rôle",
    "Your request": "Votre demande",
    "To correct": "À corriger",
    "Download the file": "Télécharger le fichier",
    "Copy": "Copier",
    "Copied": "Copié",
    "The file's text": "Texte du fichier",
    "What happens next": "Et ensuite",
    "Remove": "Retirer",
    "{n} field to fill in": "{n} champ à remplir",
    "{n} fields to fill in": "{n} champs à remplir",
    "{n} finding to correct": "{n} point à corriger",
    "{n} findings to correct": "{n} points à corriger",
    "The request is complete.": "La demande est complète.",
    "a whole number": "un nombre entier",
    "a text": "un texte",
}
FORM_WORDS = (
    "{n} field to fill in", "{n} fields to fill in", "{n} finding to correct", "{n} findings to correct",
    "The request is complete.", "Copy", "Copied", "a whole number", "a text", "tenant", "administration",
)  # fmt: skip
"""What the page's script says itself."""


def say(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled with ``values`` if there are any."""
    found = _SAID[text][lang == "fr"] if text in _SAID else _FRENCH[text] if lang == "fr" else text
    return found.format_map(values) if values else found
