"""What findings of policy say, in English."""

from infra.intake.message import Message, Severity

POLICY_MESSAGES: dict[str, Message] = {
    "POLICY-EXPOSURE": Message(
        "{found} would be open to the Internet; only these TCP ports may be: {accepted}.",
        "Publish it through the load balancer with `listen` at one of these ports, or ask for a deviation.",
        "SecNumCloud 3.2, 9.6, 13.2",
    ),
    "POLICY-CLOSED-PORT": Message(
        "{found} opens {port} ({service}) to the Internet, which is never accepted.",
        "Administration comes through the site's bastion, and data is reached through an application: remove it.",
        "SecNumCloud 3.2, 9.6",
    ),
    "POLICY-EGRESS": Message(
        "{found} lies neither in the national list of {country} nor among the destinations that it accepts.",
        "Name a destination in the country, or ask for a deviation.",
        "SecNumCloud 3.2, 13.2, 19.2",
    ),
    "POLICY-TRANSFER": Message(
        "{found} lies outside {country}: connections to it would be a transfer of {nature_word} abroad ({law}).",
        "Keep the data in the country, or obtain the opinion of this authority and ask for a deviation: {authority}.",
        "{law}",
    ),
    "POLICY-TRANSFER-HEALTH": Message(
        "{found} lies outside {country}: {nature_word} must stay in the country ({law}).",
        "Remove the destination. An exemption of this authority can be written as a deviation: {authority}.",
        "{law}",
    ),
    "POLICY-NATURE": Message(
        "A tenant that holds {nature_word} cannot be classified {found} ({law}).",
        "Write at least `classification: {least}`.",
        "{law}",
    ),
    "POLICY-UNENCRYPTED": Message(
        "The volume type {found} does not encrypt; {nature_word} must be encrypted ({law}).",
        "Write a type that encrypts: {accepted}.",
        "{law}; SecNumCloud 3.2, 10.1",
    ),
    "POLICY-NAME": Message(
        "The name {found} is reserved: the zone {zone} would pass for a service of the State.",
        "Name the tenant after the ministry or its task.",
    ),
    "POLICY-CONTACT-SAME": Message(
        "The owner and the technical contact have the same e-mail address.",
        "Name two contacts: the one who answers for the data, and the one who runs the applications.",
        "SecNumCloud 3.2, 6.1",
    ),
    "POLICY-CONTACT-SECURITY": Message(
        "The security contact is the technical contact; a {classification} tenant needs two.",
        "Name a security contact who does not run the applications.",
        "SecNumCloud 3.2, 6.2",
    ),
    "POLICY-CONTACT-DOMAIN": Message(
        "The address {found} is outside the national domains.",
        "Write an address of the administration, in one of these domains: {accepted}.",
        "SecNumCloud 3.2, 19.2",
    ),
    "POLICY-REVIEW-PAST": Message(
        "The tenant should have been reviewed by {found}.",
        "Review the request with its contacts, then write the next review, {latest} at the latest.",
    ),
    "POLICY-REVIEW-FAR": Message(
        "The review on {found} is too late: a {classification} tenant is reviewed within {months} months.",
        "Write a day until {latest}.",
    ),
    "POLICY-HARDENING": Message(
        "The hardening level {found} is below what a {classification} tenant needs.",
        "Write at least `level: {least}`, or remove the line.",
        "ANSSI-BP-028 v2",
    ),
    "POLICY-BACKUP-MISSING": Message(
        "The request says nothing of backups.",
        "Add `backups: {{every_hours: {every}, keep_days: {keep}}}`.",
        "SecNumCloud 3.2, 12.5",
    ),
    "POLICY-BACKUP-RARE": Message(
        "{found} hours between two backups are too many.",
        "Write at most `every_hours: {every}`.",
        "SecNumCloud 3.2, 12.5",
    ),
    "POLICY-BACKUP-SHORT": Message(
        "Backups kept for {found} days are kept too briefly.",
        "Write at least `keep_days: {keep}`.",
        "SecNumCloud 3.2, 12.5",
    ),
    "POLICY-IMAGE-ENDED": Message(
        "The image {found} has had no security updates since {until}.",
        "Choose an image that is supported.",
        "ANSSI-BP-028 v2, R61",
    ),
    "POLICY-IMAGE-ENDING": Message(
        "The image {found} gets security updates until {until} only, before the review on {review}.",
        "Choose a newer image, or plan its replacement before that day.",
        "ANSSI-BP-028 v2, R61",
        severity=Severity.WARNING,
    ),
    "POLICY-RESIDENCY-ADDRESS": Message(
        "{found} is not in the national list of {country}.",
        "Use addresses of the country, or have the range added to the national list in its file.",
        "SecNumCloud 3.2, 19.2",
    ),
    "POLICY-RESIDENCY-NAME": Message(
        "The host {found} is not in the national list of {country}.",
        "Use a host of the country, in one of these domains: {accepted}.",
        "SecNumCloud 3.2, 19.2",
    ),
    "POLICY-RESIDENCY-STATE": Message(
        "The state {found} names no host: it would be kept abroad.",
        "Name the site's own object store: s3://<bucket>?endpoint=<host>.",
        "SecNumCloud 3.2, 19.2",
    ),
    "POLICY-DEVIATION": Message(
        "The rule {rule} is set aside until {expires}, approved by {approver}: {reason}.",
        "{owner} answers for it: mend it before that day, then remove the deviation.",
        severity=Severity.WARNING,
    ),
    "POLICY-DEVIATION-USELESS": Message(
        "The deviation from {rule} sets nothing aside: the request keeps the rule.",
        "Remove the deviation.",
        severity=Severity.WARNING,
    ),
    "POLICY-DEVIATION-RULE": Message(
        "{found} is no rule.",
        "Write a finding's code, or a recommendation of ANSSI-BP-028 (R1 to R80). Did you mean {nearest}? "
        "Accepted: {accepted}.",
    ),
    "POLICY-DEVIATION-FORBIDDEN": Message(
        "No deviation from {found} is accepted.", "Mend what it refuses. Deviations are accepted from: {accepted}."
    ),
    "POLICY-DEVIATION-OWNER": Message(
        "{found} cannot approve a deviation that it answers for.",
        "The approver is another one than the owner.",
    ),
    "POLICY-DEVIATION-APPROVER": Message(
        "{found} cannot approve a deviation at the classification {classification}.",
        "Have it approved by one of these: {accepted}.",
    ),
    "POLICY-DEVIATION-EXPIRED": Message(
        "The deviation from {rule} ended on {found}.", "Keep the rule and remove the deviation, or have it renewed."
    ),
    "POLICY-DEVIATION-LONG": Message(
        "The deviation lasts until {found}; {months} months are the longest.", "Write a day until {latest}."
    ),
}
