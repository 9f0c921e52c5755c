"""Every name in a playbook, a task or a template is defined somewhere: Ansible finds out on a host, too late."""

import jinja2
import pytest
import yaml
from ansible.plugins.loader import filter_loader, test_loader
from jinja2 import meta
from playing import PLAYBOOKS

BARE = {"when", "until", "changed_when", "failed_when", "that"}
"""Keywords that hold expressions without braces."""
OF_ANSIBLE = {
    "ansible_check_mode", "ansible_facts", "ansible_failed_result", "ansible_failed_task", "ansible_play_hosts",
    "ansible_play_hosts_all", "ansible_python_interpreter", "hostvars",
    "item", "now", "omit",
}  # fmt: skip
OF_THE_INVENTORY = {"joliba", "joliba_backup"}
OF_THE_CALLER = {
    "joliba_keep", "joliba_packages_patience", "joliba_patience", "joliba_reboot", "joliba_rings", "joliba_run",
}  # fmt: skip
DEFINES = {"vars", "ansible.builtin.set_fact"}
SOURCES = sorted([*PLAYBOOKS.glob("*.yml"), *PLAYBOOKS.glob("tasks/*.yml"), *PLAYBOOKS.glob("roles/*/*/*.yml")])
TEMPLATES = sorted(PLAYBOOKS.glob("roles/*/templates/*.j2"))


@pytest.fixture(scope="module")
def environment():
    made = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701  nothing is rendered
    for known, loader in ((made.filters, filter_loader), (made.tests, test_loader)):
        for found in loader.all():
            known[found.ansible_name] = known[found.ansible_name.rpartition(".")[2]] = found
    return made


def expressions(node, *, bare=False):
    """Each string of a document, those without braces in some."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from expressions(value, bare=bare or key in BARE)
    elif isinstance(node, list):
        for each in node:
            yield from expressions(each, bare=bare)
    elif isinstance(node, str):
        yield f"{{{{ {node} }}}}" if bare and "{{" not in node else node


def defined(node):
    """What a document defines for whatever comes later."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in DEFINES and isinstance(value, dict):
                yield from value
            elif key in ("register", "loop_var", "index_var"):
                yield value
            yield from defined(value)
    elif isinstance(node, list):
        for each in node:
            yield from defined(each)


def unknown(environment, text, names):
    return meta.find_undeclared_variables(environment.parse(text)) - names


@pytest.fixture(scope="module")
def names():
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in SOURCES]
    return {name for each in documents for name in defined(each)} | OF_ANSIBLE | OF_THE_INVENTORY | OF_THE_CALLER


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PLAYBOOKS)))
def test_every_name_of_a_playbook_is_defined(environment, names, path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {name for text in expressions(document) for name in unknown(environment, text, names)} == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PLAYBOOKS)))
def test_every_name_of_a_template_is_defined(environment, names, path):
    assert unknown(environment, path.read_text(encoding="utf-8"), names) == set()


@pytest.mark.parametrize(
    ("text", "found"), [("{{ getent_group.sudo }}", {"getent_group"}), ("{{ ansible_facts.getent_group.sudo }}", set())]
)
def test_a_fact_is_no_name_of_its_own(environment, names, text, found):
    """As in infra/environment.py: what a host says becomes no variable."""
    assert unknown(environment, text, names) == found
