"""Joliba's own JSON: whether all is accepted, and every finding with its place, texts and source."""

from infra.cli.formats.report import Report
from infra.intake.findings import as_json


def render(report: Report) -> str:
    """JSON: ``ok``, ``findings``, and ``mended`` if anything was."""
    findings = [finding.as_dict(report.lang) for finding in report.findings]
    mended = {"mended": list(report.mended)} if report.mended else {}
    return as_json({"ok": report.accepted, "findings": findings, **mended}, indent=2) + "\n"
