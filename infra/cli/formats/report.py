"""What a check found, as every format needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.intake.findings import Finding, Severity, refused


@dataclass(frozen=True, kw_only=True)
class Report:
    """Findings in their order, the files that were checked (relative to the project root), the language to answer in.

    ``mended`` are lines that say what ``--fix`` did.
    """

    findings: Sequence[Finding]
    files: Sequence[str]
    lang: str
    mended: Sequence[str] = ()

    @property
    def accepted(self) -> bool:
        """Whether no finding is an error."""
        return not refused(self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)
