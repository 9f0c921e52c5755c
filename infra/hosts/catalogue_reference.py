"""The reference of the hardening catalogue, written by ``python -m infra.hosts.catalogue_reference``.

One page a language: every recommendation with its answer, every rule with what is expected, and what an independent
judge asks beyond.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from infra.environment import CHECKOUT
from infra.hosts.catalogue import Catalogue, Recommendation, Rule, read_catalogue
from infra.hosts.judge import unanswered
from infra.intake.markdown_text import code, prose
from infra.lab.guests.direct_boot import INAPPLICABLE

FOLDER = Path("docs/reference")
COMMAND = "python -m infra.hosts.catalogue_reference"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Hardening: ANSSI-BP-028 v2.0, recommendation by recommendation",
        "made": f"Written from `playbooks/catalogue` by `{COMMAND}`. `B1` and on are the base that every host gets.",
        "rule": "Rule", "what": "What it asks", "severity": "Severity", "danger": "Danger", "expected": "Expected",
        "judge": "ComplianceAsCode", "cis": "CIS", "evidence": "Evidence asked", "from": "from", "audited": "audited",
        "automated": "hardened and audited", "organisational": "evidence asked of people",
        "not-applicable": "not applicable", "not": "Not for", "only": "Only for",
        "remedied": "hardened only on", "differs": "Differs from ComplianceAsCode",
        "minimal": "minimal", "intermediary": "intermediary", "enhanced": "enhanced", "high": "high",
        "low": "low", "medium": "medium", "none": "", "service": "restarts a service", "reboot": "holds after a reboot",
        "lock-out": "the way in", "colon": ":",
        "lab": "What the lab's machines cannot show",
        "direct": "`scripts/demo --vms` and the tests boot them directly: QEMU is given kernel and initrd, there is no "
        "firmware and no boot loader. So this does not apply there, or lies outside of the machine:",
        "beyond": "What ComplianceAsCode asks beyond", "why": "Why not here",
    },
    "fr": {
        "title": "Durcissement : ANSSI-BP-028 v2.0, recommandation par recommandation",
        "made": f"Écrit à partir de `playbooks/catalogue` par `{COMMAND}`. `B1` et suivantes : socle commun des hôtes.",
        "rule": "Règle", "what": "Ce qu'elle demande", "severity": "Gravité", "danger": "Danger",
        "expected": "Valeur attendue", "judge": "ComplianceAsCode", "cis": "CIS", "evidence": "Preuve demandée",
        "from": "à partir de", "audited": "auditée", "automated": "durcie et auditée",
        "organisational": "preuve demandée à des personnes", "not-applicable": "sans objet", "not": "Sauf pour",
        "only": "Seulement pour", "remedied": "durcie seulement sur",
        "differs": "S'écarte de ComplianceAsCode", "minimal": "minimal", "intermediary": "intermédiaire",
        "enhanced": "renforcé", "high": "élevé", "low": "faible", "medium": "moyenne", "none": "",
        "service": "redémarre un service", "reboot": "tient après un redémarrage", "lock-out": "l'accès", "colon": " :",
        "lab": "Ce que les machines du laboratoire ne peuvent pas montrer",
        "direct": "`scripts/demo --vms` et les tests les démarrent directement : QEMU reçoit noyau et initrd, il n'y a "
        "ni micrologiciel ni chargeur de démarrage. Ceci y est donc sans objet, ou hors de la machine :",
        "beyond": "Ce que ComplianceAsCode demande de plus", "why": "Pourquoi pas ici",
    },
}  # fmt: skip
_SEVERE = {"en": "high", "fr": "forte"}
_COLUMNS = ("rule", "what", "severity", "danger", "expected", "judge", "cis")


def pages(catalogue: Catalogue | None = None) -> dict[Path, str]:
    """The page of each language, by its path from the project root."""
    catalogue = catalogue or read_catalogue()
    return {FOLDER / f"hardening.{lang}.md": _page(catalogue, lang) for lang in _WORDS}


def write(root: Path = CHECKOUT) -> None:
    """Write the pages."""
    for path, text in pages().items():
        (root / path).write_text(text, encoding="utf-8")


def _page(catalogue: Catalogue, lang: str) -> str:
    words = _WORDS[lang]
    lines = [f"# {words['title']}", "", words["made"]]
    for recommendation in catalogue.recommendations.values():
        lines += _section(recommendation, lang)
    lines += ("", f"## {words['lab']}", "", words["direct"], "")
    lines += (f"- {number}{words['colon']} {prose(why[lang])}" for number, why in INAPPLICABLE.items())
    lines += ["", f"## {words['beyond']}", "", _row((words["judge"], words["why"])), "|---|---|"]
    lines += [_row((code(name), prose(reason[lang]))) for name, reason in unanswered().items()]
    return "\n".join(lines) + "\n"


def _section(recommendation: Recommendation, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield from ("", f"## {recommendation.number} {prose(recommendation.title[lang])}", "")
    answer = f"{words[recommendation.level]}, {words[recommendation.answer]}"
    if recommendation.remedied_on:
        answer += f" ({words['remedied']} {', '.join(recommendation.remedied_on)})"
    yield f"*{answer}.* {prose(recommendation.reason[lang])}"
    if recommendation.evidence:
        yield from ("", f"{words['evidence']}{words['colon']} {prose(recommendation.evidence[lang])}")
    if recommendation.rules:
        yield from ("", _row(words[column] for column in _COLUMNS), "|" + "---|" * len(_COLUMNS))
        for rule in recommendation.rules.values():
            yield _row(_cells(rule, recommendation, lang))


def _cells(rule: Rule, recommendation: Recommendation, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    told = [prose(rule.title[lang])]
    if rule.level is not recommendation.level:
        told.append(f"({words['from']} {words[rule.level]})")
    if rule.systems:
        told.append(f"{words['only']}{words['colon']} {', '.join(rule.systems)}")
    if rule.exempt:
        roles = "; ".join(f"{role.value} ({prose(why[lang])})" for role, why in rule.exempt.items())
        told.append(f"{words['not']}{words['colon']} {roles}")
    if rule.judge:
        told.append(f"{words['differs']}{words['colon']} {prose(rule.judge[lang])}")
    yield f"`{rule.name}`"
    yield ". ".join(told)
    yield _SEVERE[lang] if rule.severity == "high" else words[rule.severity]
    yield words[rule.danger]
    yield code(json.dumps(rule.expected, ensure_ascii=False).replace("|", "¦"))
    yield ", ".join(code(name) for name in rule.scap)
    yield ", ".join(rule.cis)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    write()
