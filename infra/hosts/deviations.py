"""Deviations that are shipped with Joliba: exceptions that it needs itself, visible in every audit."""

from functools import cache
from pathlib import Path

from infra.hosts.catalogue import FOLDER, refuse_broken
from infra.hosts.record import DeviationRecord
from infra.intake.reading import LARGEST_FILE, read
from infra.intake.shape import check_shape

FILE = FOLDER / "deviations.yaml"
SOURCE = "shipped"


@cache
def shipped_deviations(lang: str, file: Path = FILE) -> tuple[DeviationRecord, ...]:
    """The register of shipped deviations, in ``fr`` or ``en``; a release renews them before they end.

    Raises:
        JolibaError: the file does not have the shape of its schema.
    """
    document = read(file, file.parent, largest=LARGEST_FILE)
    check_shape(document, "deviations")
    refuse_broken(document)
    return tuple(
        DeviationRecord(
            name=name,
            rule=said["rule"],
            hosts=tuple(said["hosts"]),
            reason=said["reason"][lang],
            owner=said["owner"][lang],
            approver=said["approver"][lang],
            expires=said["expires"],
            source=SOURCE,
        )
        for name, said in document.values["deviations"].items()
    )


def shipped_for(host: str) -> tuple[DeviationRecord, ...]:
    """Those of the register that cover a host, by its name (``ml-bko.sante.web-1``) or what it begins with.

    In English, as all that records hold of ours: reports tell it in their language (`infra.hosts.report.reasons`).
    """
    return tuple(each for each in shipped_deviations("en") if each.covers(host))
