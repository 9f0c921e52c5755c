"""The day that rules are judged on, and days some months from it."""

import os
from calendar import monthrange
from datetime import date

from infra.environment import LAB_CLOUD
from infra.errors import JolibaError

VARIABLE = "JOLIBA_TODAY"
_MONTHS = 12


def judged_on(cloud: str) -> date:
    """Today. Of a lab's site it may be another day, from ``JOLIBA_TODAY``: samples and tests must not grow old.

    A real cloud's site is judged on the real day, whatever the environment says.

    Raises:
        JolibaError: the variable is no day.
    """
    said = os.environ.get(VARIABLE)
    if not said or cloud != LAB_CLOUD:
        return date.today()  # noqa: DTZ011  the day where the platform team is
    try:
        return date.fromisoformat(said)
    except ValueError:
        told = "{variable}={found!r} is no day: write year-month-day"
        raise JolibaError(told, variable=VARIABLE, found=said) from None


def months_after(day: date, months: int) -> date:
    """The same day of the month some months later, or that month's last day if it has none such."""
    years, month = divmod(day.month - 1 + months, _MONTHS)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
