"""The base user data that every server starts with: who may log in, and that it shows its host keys.

Fixed from the first day, since a change of user data rebuilds servers. What a host needs beyond it (time, logs,
hardening) is configured by Ansible afterwards. Nothing secret may stand here: any program on the server can read it.
JSON is YAML 1.2, and quotes whatever it is given, so a name can never add a line.
"""

import json

AUTOMATION_USER = "joliba"
"""The account that Ansible logs in to, with the site's management key alone."""


def user_data(*, hostname: str, fqdn: str, management_key: str) -> str:
    """A cloud-config document.

    Args:
        hostname: the server's name in the cloud.
        fqdn: its name in the tenant's zone.
        management_key: public half of the site's management key, in OpenSSH's one-line form.
    """
    document = {
        "hostname": hostname,
        "fqdn": fqdn,
        "prefer_fqdn_over_hostname": False,
        "manage_etc_hosts": True,
        "disable_root": True,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": ["ed25519"],
        # cloud-init prints the public host keys on the console; the console log is read over the authenticated API,
        # and so the first connection is already to a known host (docs/decisions/0003).
        "ssh": {"emit_keys_to_console": True},
        "package_update": False,
        "users": [
            {
                "name": AUTOMATION_USER,
                "gecos": "Joliba automation",
                "groups": ["adm", "sudo"],
                "lock_passwd": True,
                "shell": "/bin/bash",
                "sudo": ["ALL=(ALL) NOPASSWD:ALL"],
                "ssh_authorized_keys": [management_key],
            }
        ],
    }
    return "#cloud-config\n" + json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True) + "\n"
