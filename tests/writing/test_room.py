"""Writing a request needs neither Pulumi nor a cloud, and all that it says it says in French."""

import subprocess
import sys

from request_form import ROOT

from infra.intake.messages import MESSAGES, translated
from infra.writing.wording import FORM_WORDS, label, say
from infra.writing.writing_messages import WRITING_MESSAGES


def test_writing_needs_no_pulumi_and_no_cloud():
    rooms = ", ".join(f"infra.writing.{file.stem}" for file in (ROOT / "infra" / "writing").glob("[a-z]*.py"))
    program = f"import {rooms}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "infra" in loaded
    assert not {"pulumi", "pulumi_openstack", "openstack", "playwright"} & set(loaded)


def test_every_finding_of_writing_is_told_in_french_too():
    for code, message in WRITING_MESSAGES.items():
        assert (MESSAGES[code].text, MESSAGES[code].fix) == (message.text, message.fix)
        assert translated(message.text, "fr") != message.text
        assert translated(message.fix, "fr") != message.fix


def test_every_word_of_the_page_and_every_label_has_both_languages():
    for word in FORM_WORDS:
        assert say("fr", word) != say("en", word)
    assert label(("contacts", "owner", "email"), "fr") == "Adresse électronique"
    assert label(("networks", "*", "hosts"), "en") == "Addresses"
