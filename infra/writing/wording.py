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
    "part identity": ("The tenant", "Le locataire"),
    "part classification": ("Classification", "Classification"),
    "part rest": ("Hardening, backups, review", "Durcissement, sauvegardes, réexamen"),
    "no,yes": ("no,yes", "non,oui"),
    "no": ("no", "non"),
}
"""Texts that have a name because the two languages differ in more than words."""
_FRENCH: Mapping[str, str] = {
    "{vcpus} vCPU, {ram} GiB": "{vcpus} vCPU, {ram} Gio",
    ", disk {disk} GiB": ", disque {disk} Gio",
    "{rate} Mbit/s": "{rate} Mbit/s",
    "encrypted": "chiffré",
    "not encrypted": "non chiffré",
    "Data is encrypted at rest.": "Les données stockées sont chiffrées.",
    "Encryption is not compulsory.": "Le chiffrement n'est pas obligatoire.",
    "Nothing may be published on the Internet.": "Rien ne peut être publié sur Internet.",
    "Hardening: {level}.": "Durcissement : {level}.",
    "Backups every {hours} hours, kept {days} days.": ("Sauvegardes toutes les {hours} heures, gardées {days} jours."),
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
    "{file} exists already: to change the tenant, edit it": (
        "{file} existe déjà : pour changer le locataire, modifiez ce fichier"
    ),
    "the answers hold what no question asks for: {keys}": (
        "les réponses contiennent ce qu'aucune question ne demande : {keys}"
    ),
    "the answers are refused: nothing was written": "les réponses sont refusées : rien n'a été écrit",
    "Request for {tenant}": "Demande pour {tenant}",
}


def say(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled."""
    if text in _SAID:
        return _SAID[text][lang == "fr"]
    return (_FRENCH[text] if lang == "fr" else text).format(**values)
