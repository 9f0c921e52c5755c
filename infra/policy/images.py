"""Operating systems whose maker still mends their flaws."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Severity
from infra.model.site import Image, Site


def support_ends(image: Image) -> date | None:
    """The last day of support of an image; None if nobody says.

    The earlier of the image's ``supported_until`` and its current version's property ``provided_until`` (SCS-0102),
    which may also be ``none`` or ``notice``.
    """
    days = [image.supported_until] if image.supported_until else []
    with suppress(ValueError):  # none, notice, or not said
        days.append(date.fromisoformat(image.current.properties.get("provided_until", "")))
    return min(days, default=None)


def images(draft: Draft, site: Site, today: date) -> Iterator[Finding]:
    """Every image out of support (ANSSI-BP-028, R61); a warning where support ends before the next review."""
    review = draft.values.get("review_by")
    told: set[str] = set()
    for path, _, _, tier in draft.tiers():
        image = site.images.get(tier.get("image", ""))
        until = support_ends(image) if image else None
        if image is None or until is None or image.name in told:
            continue
        place, values = draft.place((*path, "image")), {"found": image.name, "until": until.isoformat()}
        if until < today:
            yield Finding("POLICY-IMAGE-ENDED", place, values)
        elif review and until < date.fromisoformat(review):
            yield Finding("POLICY-IMAGE-ENDING", place, values | {"review": review}, (), Severity.WARNING)
        else:
            continue
        told.add(image.name)
