"""What ComplianceAsCode's profiles ask and no rule of the catalogue does, each with the reason."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from infra.hosts.catalogue import FOLDER, Text, refuse_broken
from infra.intake.reading import LARGEST_FILE, read
from infra.intake.shape import check_shape

FILE = FOLDER / "judge.yaml"


@cache
def unanswered(file: Path = FILE) -> Mapping[str, Text]:
    """Reasons by the judge's name of a rule.

    Raises:
        JolibaError: the file does not have the shape of its schema.
    """
    document = read(file, file.parent, largest=LARGEST_FILE)
    check_shape(document, "judge")
    refuse_broken(document)
    return dict(document.values["rules"])
