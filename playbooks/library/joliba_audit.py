#!/usr/bin/python
"""Look at a host, and say of each rule whether it holds. Writes nothing."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_audit
short_description: Judge a host by rules that are given as data
description:
  - Looks at the effective and the persistent state of the host and returns one verdict a rule. It writes nothing.
  - Called through the action plugin of the same name, which chooses the rules and fills in their values.
options:
  rules:
    description: The rules, each with its probe and expected value.
    type: list
    elements: dict
    required: true
  role:
    description: What the host is; some roles are exempt from rules.
    type: str
    required: true
author: Joliba
"""
RETURN = """
verdicts:
  description: One a rule, in their order, with C(verdict), C(effective), C(persistent), C(expected) and C(why).
  type: list
  elements: dict
  returned: always
os:
  description: Distribution and version, like C(debian-12).
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.judging import judge
from ansible.module_utils.joliba.system import system
from ansible.module_utils.joliba.telling import told


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "rules": {"type": "list", "elements": "dict", "required": True},
            "role": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    verdicts = judge(module.params["rules"], module.params["role"])
    module.exit_json(changed=False, os=told(system()), verdicts=told(verdicts))


if __name__ == "__main__":
    main()
