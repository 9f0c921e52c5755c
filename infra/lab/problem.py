"""The one exception of the lab."""

from infra.errors import CloudError


class LabError(CloudError):
    """The lab could not be made, started or stopped; the message says which service, why, and where its log is."""
