"""What is wrong with a request that is only being written."""

from infra.intake.message import Message

WRITING_MESSAGES = {
    "WRITING-EXISTS": Message(
        "The site has a tenant {found} already.",
        "To change that tenant, edit its file. For a new one, choose another name.",
    ),
}
