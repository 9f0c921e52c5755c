"""What every finding says, in English; ``locale/fr/LC_MESSAGES/*.po`` have the French, read when asked for."""

from dataclasses import replace
from pathlib import Path

from infra.intake.capacity_messages import CAPACITY_MESSAGES
from infra.intake.message import Message, Severity
from infra.intake.sources import source_of
from infra.policy.policy_messages import POLICY_MESSAGES
from infra.policy.resource_messages import RESOURCE_MESSAGES
from infra.review import difference_messages, judgement_messages
from infra.wording import catalogue
from infra.writing.writing_messages import WRITING_MESSAGES

LOCALE = Path(__file__).parent / "locale"

_MOVE_IN = "Declare a second network for the new servers, or ask for no more than what fits."
_ALLOCATE = "Run `joliba allocate` and commit the register with the request."
_TYPE_IT = "Remove it and type the value again."
_ACCEPTED = "Accepted: {accepted}."
_NEAREST = "Did you mean {nearest}? Accepted: {accepted}."

MESSAGES: dict[str, Message] = {
    "FILE-UNREADABLE": Message("The file cannot be read: {error}.", "Give it to the user that runs Joliba."),
    "FILE-KIND": Message("This is not an ordinary file.", "Put the file itself here, not a link or a folder."),
    "FILE-SIZE": Message(
        "The file has {size} bytes; {largest} are accepted.", "A request describes one tenant: split it."
    ),
    "FILE-NAME": Message(
        "{name} is no tenant's file name.", "Name it <tenant>.yaml: lower-case letters, digits and single hyphens."
    ),
    "FILE-MISSING": Message("There is no such file.", "Add it: schemas/ and docs/reference/ say what it holds."),
    "FILE-FINDINGS": Message(
        "The file has {count} findings; the first {shown} are told.", "Mend them, and check again."
    ),
    "YAML-EMPTY": Message("The file says nothing.", "Write the request, or remove the file if it was never used."),
    "YAML-ENCODING": Message("The file is not UTF-8: {encoding}.", "Save it as UTF-8."),
    "YAML-CHARACTER": Message("The line holds an invisible character, {character}.", _TYPE_IT),
    "YAML-ESCAPE": Message("The text holds an invisible character.", _TYPE_IT),
    "YAML-LOOKALIKE": Message(
        "The word {word} passes for another: its letter {letter} ({name}) is not Latin.",
        "Type the whole word again, in letters of one script.",
        "Unicode UTS 39, 5.1",
    ),
    "YAML-SYNTAX": Message(
        "This is not valid YAML: {problem_word}.",
        "Look here and on the line before: indentation, a missing colon, bracket, comma or quote.",
    ),
    "YAML-DOCUMENTS": Message("A second document begins here.", "Keep one document: remove the line ---."),
    "YAML-NO-MAP": Message("The file is not a map of keys and values.", "Begin with `schema: 1`."),
    "YAML-KEY": Message("A key must be a plain text.", "Write `name: value`."),
    "YAML-DUPLICATE-KEY": Message("The key {key} stands here a second time.", "Keep one of the two."),
    "YAML-ANCHOR": Message("Anchors and aliases are not accepted: {name}.", "Write the value itself."),
    "YAML-MERGE": Message("Merge keys (<<) are not accepted.", "Write the keys themselves, or use a profile."),
    "YAML-TAG": Message("Tags are not accepted: {tag}.", "Write the value without its tag."),
    "YAML-DEPTH": Message(
        "More than {deepest} maps or lists stand inside each other.", "Remove what surrounds the value."
    ),
    "YAML-ENTRIES": Message("More than {most} entries stand in one map or list.", "Keep what is needed."),
    "YAML-NUMBER": Message("The number has too many digits: {found}.", "Write a smaller number, or a text in quotes."),
    "SHAPE-UNKNOWN-KEY": Message("The key {key} is not known here.", _NEAREST),
    "SHAPE-MISSING-KEY": Message("The key {key} is missing.", "Add it: {about} For example: {example}"),
    "SHAPE-EMPTY": Message("Nothing is written here.", "{about} For example: {example}"),
    "SHAPE-TYPE": Message("Found {found}, expected {expected_word}.", "{about} For example: {example}"),
    "SHAPE-VALUE": Message("{found} is not accepted.", _NEAREST),
    "SHAPE-PATTERN": Message("{found} does not have the accepted form.", "{about} For example: {example}"),
    "SHAPE-RANGE": Message("{found} is outside what is accepted.", "Write a number from {least} to {most}. {about}"),
    "SHAPE-LENGTH": Message("Characters in the text: {length}.", "Write {least} to {most} characters. {about}"),
    "SHAPE-COUNT": Message("Entries here: {count}.", "Write {least} to {most}. {about}"),
    "SHAPE-REPEATED": Message("An entry stands twice in this list.", "Keep one of the two."),
    "SHAPE-DATE": Message(
        "{found} is no day of the calendar.", "Write year-month-day, for example 2027-06-30.", "RFC 3339, 5.6"
    ),
    "SHAPE-ONE-OF": Message("Exactly one of these keys is needed: {accepted}.", "Write one of them. {about}"),
    "SHAPE-NAME": Message(
        "{found} cannot be a name here.",
        "Write {least} to {most} characters of the form {form} that no other meaning has. For example: {example}",
    ),
    "SHAPE-OTHER": Message("{found} is not accepted here.", "{about} For example: {example}"),
    "NAME-FILE": Message("The file's name says {file_name}, the key says {found}.", "Write the same name in both."),
    "NAME-RESERVED": Message("{found} is Joliba's own word.", "Choose another name for the tenant."),
    "NAME-ZONE": Message(
        "The tenant's zone {zone} would hold the names of the site {owner}.", "Choose another name for the tenant."
    ),
    "NAME-GROUP": Message(
        "The group {found} of the tenant {other} would bear this tenant's name.",
        "Choose another name for the tenant.",
        "OpenStack Identity API v3, groups",
    ),
    "NAME-MINISTRY": Message(
        "{found} is the ministry of the tenant {other} already.",
        "A ministry may have two tenants: see that this request is its own before you approve it.",
        "Joliba, `docs/decisions/0019`",
        severity=Severity.WARNING,
    ),
    "NAME-DOMAIN": Message(
        "The owner's address is in {found}, like that of the owner of the tenant {other}.",
        "Write an address of the ministry's own, or see that this owner knows of the request before you approve it.",
        "Joliba, `docs/decisions/0019`",
        severity=Severity.WARNING,
    ),
    "NAME-UNKNOWN-COUNTRY": Message("There is no country {found}.", _NEAREST),
    "NAME-UNKNOWN-FLAVOR": Message("The site has no flavor {found}.", _NEAREST),
    "NAME-UNKNOWN-IMAGE": Message("The site has no image {found}.", _NEAREST),
    "NAME-UNKNOWN-VOLUME-TYPE": Message("The site has no volume type {found}.", _NEAREST),
    "NAME-UNKNOWN-QOS": Message("The site has no bandwidth limit {found}.", _NEAREST),
    "NAME-UNKNOWN-PROFILE": Message("The site has no profile {found}.", _NEAREST),
    "NAME-UNKNOWN-NETWORK": Message("The tenant has no network {found}.", _NEAREST),
    "NAME-UNKNOWN-TIER": Message("There is no tier {found}.", _NEAREST),
    "NAME-UNKNOWN-PLATFORM": Message("There is no platform {found}.", _NEAREST),
    "NAME-UNKNOWN-TENANT": Message("The site has no tenant {found}.", _NEAREST),
    "VALUE-MISSING": Message(
        "{key} is said neither here nor in the defaults.", "Write it here, or once for all tiers under `tier`."
    ),
    "VALUE-NO-NETWORK": Message(
        "The tenant has no network.", "Add one, for example `networks: {{interne: {{hosts: 20}}}}`."
    ),
    "VALUE-ADDRESS": Message(
        "{found} is no address or range of addresses.", "Write it like {example}, without host bits.", "RFC 4632, 3.1"
    ),
    "VALUE-PORTS": Message(
        "{found} are no ports.", "Write ports from 1 to 65535, the smaller one first.", "RFC 6335, 6"
    ),
    "VALUE-KEY": Message(
        "The SSH public key is damaged.", "Copy the whole line of the .pub file again.", "RFC 4253, 6.6"
    ),
    "KEY-ACCOUNT": Message(
        "The key's owner, {found}, is no person's account: it is the system's, or not of such a name's form.",
        "End the line with the person's own name: letters and digits, parted by dots or hyphens, {most} characters at "
        "most, like a.traore@sante.example.",
        "ANSSI-BP-028, R33",
    ),
    "VALUE-KEY-SHORT": Message(
        "The RSA key has {found} bits; at least {least} are accepted.",
        "Make a new key: ssh-keygen -t ed25519",
        "ANSSI, Guide des mécanismes cryptographiques, RègleFact-1",
    ),
    "VALUE-FLAVOR": Message(
        "The name {name} promises {promised}, the values say {found}.",
        "Correct the values, or choose another name.",
        "SCS-0100",
    ),
    "VALUE-SEGMENT": Message(
        "A network of type {type} and this segment do not fit.", "vlan needs a segment, flat has none."
    ),
    "DISK-TOO-SMALL": Message("The image {image} needs {least} GiB; the disk has {found}.", "Write at least {least}."),
    "HOST-NAME-CLASH": Message(
        "Servers of {other} would have the same names: {name}.", "Rename the platform or the tier."
    ),
    "VOLUME-NAME-CLASH": Message(
        "A volume of {other} would have the same name: {name}.", "Rename the volume or the tier."
    ),
    "NETWORK-FULL": Message(
        "Servers and published names need {needed} addresses of the network {network}; it has room for {found}.",
        "Ask for `hosts: {needed}` there, instead of a `prefix`, or lower the counts. If the network has its block "
        "already, declare a second one for the new servers.",
    ),
    "GROUP-PREFIX": Message(
        "The group {found} does not bear the tenant's name; all tenants' groups share one list.",
        "Name it {tenant}-{found}, or {tenant}-<what it does>.",
    ),
    "GROUP-FOREIGN": Message(
        "The group {found} bears the name of another tenant, {owner}.",
        "Choose a name that begins with {tenant}- and not with {owner}-.",
    ),
    "CLASS-UNENCRYPTED": Message(
        "The volume type {found} does not encrypt; data of a {classification} tenant must be encrypted.",
        "Write a type that encrypts: {accepted}.",
        "SecNumCloud 3.2, 10.1",
    ),
    "CLASS-PUBLISHED": Message(
        "{found} is published by a secret tenant.",
        "Remove it, or move what the public needs to a tenant of another classification.",
    ),
    "FLOW-EXPOSED": Message(
        "{found} opens {port}, a port of administration, to the Internet.",
        "Administration comes through the site's bastion: name the ports that the public needs, without it.",
        "SecNumCloud 3.2, 9.6",
    ),
    "EGRESS-WIDE": Message(
        "{found} is too large: the Internet is no destination.",
        "Name the ranges that are needed, /{widest} or smaller each (a higher number after the slash).",
        "SecNumCloud 3.2, 13.2",
    ),
    "EGRESS-NOWHERE": Message(
        "{found} is no destination outside: loopback, link-local, multicast and reserved ranges lead nowhere.",
        "Write the other party's public range.",
        "RFC 6890",
    ),
    "EGRESS-INSIDE": Message(
        "{found} lies in {range}, the range of the site {owner}.",
        "Connections within a site are flows: declare a flow, in both tenants.",
        "SecNumCloud 3.2, 13.2",
    ),
    "PUBLISH-ZONE": Message("{found} is not in the tenant's zone.", "Write a name that ends in .{zone}"),
    "PUBLISH-TWICE": Message("{found} is published a second time.", "Keep one of the two."),
    "PUBLISH-LISTEN": Message(
        "Port {listen} of the tier {tier} leads to two different ports.", "Give one of them another `listen`."
    ),
    "PUBLISH-NO-FLOW": Message(
        "{found} is published, but no flow lets the Internet reach port {port} of {tier}.",
        "Add the flow {{from: internet, to: {tier}, ports: [{port}/tcp]}}.",
        "SecNumCloud 3.2, 13.2",
    ),
    "FLOW-TO-OUTSIDE": Message(
        "{found} cannot be the target of a flow.",
        "A flow leads to a tier. For connections out of the site use `egress`.",
    ),
    "FLOW-FOREIGN": Message(
        "Neither end of the flow belongs to this tenant.", "Declare it in the tenants it concerns."
    ),
    "FLOW-REPEATED": Message("This flow was declared already.", "Keep one of the two, with all the ports."),
    "FLOW-ONE-SIDED": Message(
        "{other} does not declare this flow: {flow} on {ports}.",
        "Both tenants must declare it, with the same ports: ask {other}, or remove it here.",
        "SecNumCloud 3.2, 13.2",
    ),
    "FLOW-PEER-BROKEN": Message(
        "The flow's other end, {other}, cannot be used: its file has errors.",
        "Have {other} mend its file (`joliba check` shows its errors), or remove the flow here.",
    ),
    "FLOW-PEER-NO-BLOCK": Message(
        "The flow's other end, {other}, cannot be used: it has no block in the register yet.", _ALLOCATE
    ),
    "ADDRESS-MISSING": Message("{what} has no block in the register yet.", _ALLOCATE),
    "ADDRESS-RETIRED": Message(
        "The tenant is retired, and no block was ever given to it.",
        "Remove `lifecycle: retired`, or the file if nothing was built of it.",
    ),
    "ADDRESS-TOO-SMALL": Message(
        "{block} holds {room} addresses for servers; the network asks for {asked}. A given block never moves.", _MOVE_IN
    ),
    "ADDRESS-OVERLAP": Message("{block} overlaps {other}, which belongs to {owner}.", "Take one of them out."),
    "ADDRESS-OUTSIDE": Message(
        "{block} is not within {range}, the range of {what_word}.", "Take an address within it."
    ),
    "ADDRESS-TWICE": Message("{block} was given to {owner} already.", "Take one of them out."),
    "ADDRESS-ORPHAN": Message(
        "The register has blocks of {tenant}, which has no file and was not retired.",
        "Restore its file. To remove the tenant, write `lifecycle: retired` in it first.",
    ),
    "SITE-OVERLAP": Message(
        "{block} overlaps {other}, which belongs to the site {owner}.", "Give each site its own range."
    ),
    "SITE-POOL": Message(
        "The pool runs from {first} to {last}, outside {subnet} or backwards.", "Write the smaller one first."
    ),
    "IMAGE-CHANGED": Message(
        "The image version {found} was built with other values than these, and a version never changes.",
        "Put its sum and properties back, and write what is new as a version of its own at the end of the list.",
    ),
    "GATEWAY-KEPT": Message(
        "The router of {tenant} still leads out of the site, which the request no longer asks for.",
        "Pulumi cannot close it: run `joliba up {stack}`, which does so after the build.",
        "SecNumCloud 3.2, 13.2",
        severity=Severity.WARNING,
    ),
    **CAPACITY_MESSAGES,
    **POLICY_MESSAGES,
    **RESOURCE_MESSAGES,
    **WRITING_MESSAGES,
}
MESSAGES |= difference_messages.MESSAGES | judgement_messages.MESSAGES
MESSAGES = {code: replace(told, source=told.source or source_of(code)) for code, told in MESSAGES.items()}


def translated(text: str, language: str) -> str:
    """One of our own texts in ``language``; English when it has no translation."""
    return text if language == "en" else catalogue(LOCALE, language).get(text, text)
