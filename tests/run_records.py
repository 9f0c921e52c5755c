"""Records as a fleet of three ministries would leave them, drawn from a seed."""

import random
from dataclasses import replace
from datetime import date

from infra.hosts.record import (
    Assessment,
    DeviationRecord,
    HostRecord,
    Kind,
    RuleVerdict,
    RunRecord,
    Verdict,
)
from infra.hosts.report.rule_text import RuleText, Weight
from infra.hosts.report.score import LEVELS

TODAY = date(2026, 11, 24)
_SUBJECTS = """
R9|kernel-pointers-hidden|Les adresses du noyau sont cachées à tous|Kernel addresses are hidden from all|2
R12|redirects-refused|Les redirections ICMP sont refusées|ICMP redirects are refused|0
R28|tmp-separate|/tmp est un système de fichiers séparé|/tmp is a file system of its own|nodev,nosuid,noexec
R33|root-login-refused|La connexion directe de root est refusée|Root cannot log in over SSH|no
R38|sudo-group-dedicated|sudo est réservé à un groupe dédié|sudo is for a dedicated group|sudogrp
R39|sudo-noexec|Sous sudo, rien d'autre n'est lancé|Commands under sudo start no others|noexec,requiretty,use_pty
R50|shadow-restricted|Les fichiers sensibles sont protégés|Sensitive files are protected|0640 root:shadow
R58|packages-declared|Seuls les paquets déclarés sont installés|Only declared packages are installed|
R62|services-declared|Seuls les services déclarés sont actifs|Only declared services run|
R71|logs-forwarded|Les journaux sont envoyés au collecteur|Logs are sent to the collector|10.64.0.9:6514
R73|audit-rules-loaded|Les règles d'audit sont chargées|Audit rules are loaded|enabled=2
R80|ports-declared|Seuls les ports déclarés écoutent|Only declared ports listen|22/tcp, 443/tcp
"""
"""Recommendation, rule, titles, expected value."""
TENANTS = {
    "sante": "Ministère de la Santé et du Développement social",
    "justice": "Ministère de la Justice et des Droits de l'Homme",
    "finances": "Ministère de l'Économie et des Finances",
}


def make_rules(number: int) -> dict[str, RuleText]:
    """So many rules with texts in both languages; the first twelve are real ones."""
    made = {}
    kinds = [tuple(line.split("|")) for line in _SUBJECTS.strip().splitlines()]
    for index in range(number):
        recommendation, name, french, english, _ = kinds[index % len(kinds)]
        turn = index // len(kinds)
        told = f" ({turn + 1})" if turn else ""
        rule = f"{name}-{turn + 1}" if turn else name
        made[rule] = RuleText(
            rule=rule,
            recommendation=recommendation,
            level=LEVELS[index % 4],
            severity=list(Weight)[index % 3],
            title={"fr": french + told, "en": english + told},
            recommended={"fr": f"Recommandation {recommendation}", "en": f"Recommendation {recommendation}"},
            reason={"fr": "Limite ce qu'un attaquant peut atteindre.", "en": "Limits what an attacker can reach."},
        )
    return made


def make_record(hosts: int, rules: int, seed: int = 1, **values) -> RunRecord:
    """A run over so many hosts and rules: most pass, a twentieth of the hosts were not reached."""
    draw = random.Random(seed)
    texts = make_rules(rules)
    expected = {line.split("|")[1]: line.split("|")[4] for line in _SUBJECTS.strip().splitlines()}
    made = []
    for index in range(hosts):
        tenant = list(TENANTS)[index % 3]
        level = LEVELS[1 + index % 3]
        missing = draw.random() < 0.05
        verdicts = [
            _verdict(text, expected[text.rule.rstrip("-0123456789")], draw)
            for text in texts.values()
            if LEVELS.index(text.level) <= LEVELS.index(level)
        ]
        made.append(
            HostRecord(
                name=f"ml-bko.{tenant}.dossier-{('web', 'app', 'base')[index // 3 % 3]}-{index // 9 + 1}",
                site="ml-bko",
                tenant=tenant,
                ministry=TENANTS[tenant],
                platform="dossier",
                tier=("web", "app", "base")[index // 3 % 3],
                role="guest",
                level=level,
                os="debian-12",
                assessment=Assessment.UNREACHABLE if missing else Assessment.ASSESSED,
                problem="ssh: connect to host 10.64.12.7 port 22: No route to host" if missing else "",
                verdicts=() if missing else tuple(verdicts),
                reboot_needed=index % 17 == 3,
                seconds=round(draw.uniform(1.5, 4), 1),
            )
        )
    record = RunRecord(
        run="20261124T031500Z-audit-1a2b", kind=Kind.AUDIT, check=False, asked="ml-bko", rules=(),
        started="2026-11-24T03:15:00Z", ended="2026-11-24T03:16:12Z", catalogue="1f0c9d2a44be7701", joliba="0.1.0",
        hosts=tuple(made), deviations=DEVIATIONS,
    )  # fmt: skip
    return replace(record, **values)


DEVIATIONS = (
    DeviationRecord(
        name="sudo-automation", rule="R39", hosts=("ml-bko",), owner="Équipe plateforme", approver="RSSI du site",
        reason="Le compte d'automatisation lance des modules par sudo sans terminal.", expires="2027-12-31",
        source="shipped",
    ),
    DeviationRecord(
        name="sante-tmp", rule="R28", hosts=("ml-bko.sante",), owner="DSI Santé", approver="RSSI Santé",
        reason="L'éditeur décompresse dans /tmp ; remplacement prévu.", expires="2026-10-31",
        source="inventories/ml-bko/tenants/sante.yaml",
    ),
    DeviationRecord(
        name="justice-journaux", rule="R71", hosts=("ml-bko.justice",), owner="DSI Justice", approver="RSSI Justice",
        reason="Collecteur en cours de mise en service.", expires="2026-12-15",
        source="inventories/ml-bko/tenants/justice.yaml",
    ),
)  # fmt: skip


def _verdict(text: RuleText, expected: str, draw: random.Random) -> RuleVerdict:
    chance, plain = draw.random(), RuleVerdict(
        rule=text.rule, recommendation=text.recommendation, verdict=Verdict.PASS, expected=expected,
        effective=expected, persistent=expected,
    )  # fmt: skip
    if text.recommendation == "R39" and chance < 0.9:
        return replace(plain, verdict=Verdict.DEVIATION, effective="use_pty", deviation="sudo-automation")
    if chance < 0.84:
        return plain
    if chance < 0.94:
        wrong = draw.choice(["1", "yes", "0644 root:root", "22/tcp, 111/tcp, 443/tcp", "(none)"])
        return replace(plain, verdict=Verdict.FAIL, effective=wrong, persistent=draw.choice([wrong, expected]))
    if chance < 0.98:
        return replace(plain, verdict=Verdict.NOT_APPLICABLE, effective=None, persistent=None, why="no such subsystem")
    return replace(
        plain, verdict=Verdict.UNMEASURED, effective=None, persistent=None, why="auditctl: permission denied"
    )


def earlier_record(record: RunRecord, seed: int = 7, days: int = 7) -> RunRecord:
    """A run some days before: one verdict in thirty was another one, and two hosts were others."""
    draw = random.Random(seed)
    hosts = [
        replace(host, verdicts=tuple(
            replace(each, verdict=draw.choice([Verdict.PASS, Verdict.FAIL]), effective="x", deviation=None)
            if draw.random() < 0.03 else each
            for each in host.verdicts
        ))
        for host in record.hosts[1:]
    ]  # fmt: skip
    gone = replace(record.hosts[0], name="ml-bko.sante.ancien-web-1")
    day = f"202611{24 - days:02}"
    return replace(
        record, run=f"{day}T031500Z-audit-{seed:04x}", hosts=(*hosts, gone),
        started=f"2026-11-{24 - days:02}T03:15:00Z", ended=f"2026-11-{24 - days:02}T03:16:00Z",
    )  # fmt: skip
