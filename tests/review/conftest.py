"""The inventories, copied, for every test."""

from tests.intake.conftest import change, project  # noqa: F401
