"""What the words of closed vocabularies are called on a sheet. English; the catalogue has the French."""

from collections.abc import Mapping

from infra.model.classification import Classification, HardeningLevel, Role
from infra.review import approval
from infra.review.change import Action

WORDS: Mapping[str, str] = {
    Classification.PUBLIC: "public",
    Classification.INTERNAL: "internal",
    Classification.RESTRICTED: "restricted",
    Classification.SECRET: "secret",
    HardeningLevel.MINIMAL: "minimal",
    HardeningLevel.INTERMEDIARY: "intermediary",
    HardeningLevel.ENHANCED: "enhanced",
    HardeningLevel.HIGH: "high",
    Role.MEMBER: "may use and change",
    Role.READER: "may look",
}
BRINGS: Mapping[Classification, str] = {
    Classification.PUBLIC: "its data may be published.",
    Classification.INTERNAL: "its data is for the administration.",
    Classification.RESTRICTED: "its data is encrypted at rest, the disks of the systems too.",
    Classification.SECRET: "its data is encrypted at rest, and nothing of it is published on the Internet.",
}
REASONS: Mapping[str, str] = {
    approval.OWNER: "owns the data",
    approval.CLASSIFICATION: "approves what is classified %(about)s",
    approval.PERSONAL: "watches over personal data",
    approval.HEALTH: "watches over health data",
    approval.DEVIATION: "accepts the deviation from %(about)s",
    approval.EARLIER: "approved it until now",
}
ACTIONS: Mapping[Action, str] = {
    Action.DESTROY: "destroyed",
    Action.REBUILD: "rebuilt",
    Action.CHANGE: "changed",
    Action.CREATE: "created",
}
