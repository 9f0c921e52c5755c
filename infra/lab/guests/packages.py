"""The packages of Debian that guests are made of; dependencies are apt's business, recommendations are left out."""

BASE = (
    "adduser", "apparmor", "apt", "auditd", "bash-completion", "ca-certificates", "chrony", "cron", "dbus", "iproute2",
    "iputils-ping", "kmod", "less", "libpam-modules", "libpam-pwquality", "libpam-systemd", "locales", "login",
    "logrotate", "lsb-release", "netbase", "nftables", "openssh-server", "passwd", "procps", "python3", "rsyslog",
    "sudo", "systemd", "systemd-sysv", "util-linux", "vim-tiny",
)  # fmt: skip
"""What a server of Debian has, and all that ANSSI-BP-028 looks at: authentication, logs, audit, firewall, time."""

MACHINE = (
    "cloud-init", "e2fsprogs", "gpgv", "linux-image-cloud-amd64", "systemd-resolved", "udev", "unattended-upgrades",
)  # fmt: skip
"""What a machine has beyond that, as Debian's cloud images do."""
HARDENED = ("aide", "cracklib-runtime", "libpam-apparmor", "libpam-tmpdir", "restic", "rsyslog-gnutls")
"""What hardening installs beyond both. The lab's own machines have it from the start: no mirror answers them."""
