"""The modules' parts as Ansible bundles them: ``ansible.module_utils.joliba``."""

import ansible.module_utils

from infra.environment import CHECKOUT

ansible.module_utils.__path__.append(str(CHECKOUT / "playbooks" / "module_utils"))
