"""The account that an SSH key's comment names (``ssh-ed25519 AAAA… a.traore@sante.example``), if it is a person's."""

import re

LONGEST = 32
"""Characters of an account's name (useradd)."""
_PERSON = re.compile(r"[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*")
_SYSTEMS = re.compile(r"(systemd|joliba|debian|ubuntu|rocky|cockpit|libvirt)(-.*)?")
_INSTALLED = """
adm admin administrateurs administrators audio backup bin cdrom crontab daemon dialout dip disk docker fax floppy
ftp games gnats halt incus input irc kmem kvm list lock lp lxd mail man mem netdev news nobody nogroup nonroot
operator plugdev proxy render root sasl sgx shadow shutdown src staff sudo sudoers sync sys tape toor tty users
utempter utmp uucp video voice wheel www-data
"""
_SERVICES = """
apache apt automation avahi bind chrony clamav clevis cloud-init colord dbus dhcpcd dnsmasq dovecot elasticsearch
etcd exim fwupd-refresh geoclue gitlab-runner grafana hacluster haproxy influxdb kibana landscape lightdm logcheck
mailman mariadb memcache memcached messagebus mongodb mosquitto munin mysql nagios named nfsnobody nginx nm-openvpn
ntp ntpsec opendkim openldap oracle pcp polkit-agent polkitd pollinate postfix postgres prometheus puppet qemu
rabbitmq redis rpc rpcuser rstudio rtkit saslauth sddm setroubleshoot slurm speech-dispatcher squid ssh sshd
ssl-cert sssd statd stunnel4 syslog tcpdump telnetd tftp tomcat tss unbound usbmux uuidd varnish vault vcsa zabbix
"""
_OF_SYSTEMS = frozenset((_INSTALLED + _SERVICES).split())
"""What the installation of Debian 12 and 13, Ubuntu 24.04 and Rocky 9 creates, and what their packages of services do:
accounts, and groups, of which one that lends a device or a right must never become a person's own."""


def account(comment: str) -> str:
    """The account that a key's comment names: what stands before the ``@``; empty if that is no person's.

    No person's are names that an account or a group of the supported systems has: a key for ``www-data`` would give
    the web server's account a shell. Longer names are not cut, since two could become one.

    >>> account("A.Traore@sante.example")
    'a-traore'
    >>> account("www-data@sante.example")
    ''
    """
    written = comment.partition("@")[0]
    name = re.sub(r"[._]", "-", written.lower())
    if not _PERSON.fullmatch(written) or len(name) > LONGEST or name in _OF_SYSTEMS or _SYSTEMS.fullmatch(name):
        return ""
    return name
