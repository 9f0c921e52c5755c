"""What a guest cannot show because QEMU loads its kernel directly: told in ``docs/reference/hardening``."""

INAPPLICABLE = {
    "R1": {
        "fr": "les arguments du noyau qui désactivent SMEP et SMAP ne sont pas ceux de la machine",
        "en": "the kernel's arguments that turn SMEP and SMAP off are not the guest's",
    },
    "R3": {
        "fr": "pas de micrologiciel : QEMU charge lui-même noyau et initrd, aucun démarrage sécurisé n'est à activer",
        "en": "no firmware: QEMU loads kernel and initrd itself, so there is no Secure Boot to turn on",
    },
    "R4": {
        "fr": "pas de clés de micrologiciel à remplacer",
        "en": "no firmware keys to replace",
    },
    "R5": {
        "fr": "pas de chargeur de démarrage : rien ne demande de mot de passe",
        "en": "no boot loader: nothing asks for a password",
    },
    "R6": {
        "fr": "arguments du noyau et initrd ne viennent pas du disque : elle ne peut ni les signer ni les changer",
        "en": "the kernel's arguments and the initrd come from outside the disk: the guest can neither sign nor change "
        "them",
    },
    "R7": {
        "fr": "aucune IOMMU n'est donnée à la machine",
        "en": "no IOMMU is given to the guest",
    },
    "R8": {
        "fr": "les arguments du noyau sont une propriété de l'image (os_command_line), non un fichier de GRUB ; ses "
        "paramètres sont bien durcis",
        "en": "the kernel's arguments are the image's property (os_command_line), not a file of GRUB's; its parameters "
        "are hardened",
    },
    "R29": {
        "fr": "pas de menu de démarrage à protéger ; /boot et ce qui s'y trouve le sont",
        "en": "no boot menu to protect; /boot and what is in it are",
    },
    "R45": {
        "fr": "AppArmor est celui que le noyau active de lui-même : ses arguments ne sont pas ceux de la machine",
        "en": "AppArmor is what the kernel turns on by itself: its arguments are not the guest's",
    },
}
"""By recommendation of ANSSI-BP-028: what does not apply there, or is out of the guest's reach. A newer kernel that apt
installs in a guest lies in /boot and is not booted."""
