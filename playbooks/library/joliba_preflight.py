#!/usr/bin/python
"""Refuse a run on a host where it could lock people out. Writes nothing."""

from __future__ import annotations

DOCUMENTATION = """
module: joliba_preflight
short_description: Whether a host can be changed without locking anyone out
description:
  - Looks at accounts, keys, groups, disk, packages, clock and other runs, and fails with one line a refusal.
options:
  run:
    description: The run that asks; another one at work on the host is a refusal.
    type: str
    default: ""
  sudo_group:
    description: Group that alone may run sudo once the host is hardened (R38); empty if that is not asked.
    type: str
    default: ""
  login_groups:
    description: Groups that alone may log in by SSH once the host is hardened; empty if that is not asked.
    type: list
    elements: str
    default: []
  joining:
    description: Accounts that the run makes members of these groups itself, before it asks for membership.
    type: list
    elements: str
    default: []
  now:
    description: The controller's clock, in seconds since 1970; 0 leaves clocks out.
    type: float
    default: 0
  second_way:
    description: Whether a second administrator with a key is required; root is none.
    type: bool
    default: true
  patience:
    description: Seconds for which dpkg's and apt's locks are waited for, unless something else is refused already.
    type: int
    default: 0
  lang:
    description: Language of the refusals.
    type: str
    choices: [en, fr]
    default: en
author: Joliba
"""
RETURN = """
refusals:
  description: Each with C(code), C(en) and C(fr).
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.joliba.preflight import refusals
from ansible.module_utils.joliba.telling import told


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "str", "default": ""},
            "sudo_group": {"type": "str", "default": ""},
            "login_groups": {"type": "list", "elements": "str", "default": []},
            "joining": {"type": "list", "elements": "str", "default": []},
            "now": {"type": "float", "default": 0},
            "second_way": {"type": "bool", "default": True},
            "patience": {"type": "int", "default": 0},
            "lang": {"type": "str", "choices": ["en", "fr"], "default": "en"},
        },
        supports_check_mode=True,
    )
    found = told(refusals(module.params))
    if found:
        module.fail_json(msg="; ".join(each[module.params["lang"]] for each in found), refusals=found)
    module.exit_json(changed=False, refusals=[])


if __name__ == "__main__":
    main()
