"""Comments as a forge reads them: CommonMark with tables. What a request says must be code, where nothing acts."""

from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from infra.cli.formats import markdown
from infra.cli.formats.report import Report
from infra.intake.findings import END, FOUND, Finding, Place, printable
from infra.intake.markdown_text import code, prose, sentence

FORGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _tokens(text: str) -> Iterator[Token]:
    for token in FORGE.parse(text):
        yield token
        yield from token.children or ()


def test_what_a_request_says_is_code_and_nothing_else(hostile, report):
    tokens = list(_tokens(markdown.render(report(hostile))))

    kinds = {token.type for token in tokens}
    assert kinds <= {
        "paragraph_open", "paragraph_close", "bullet_list_open", "bullet_list_close", "list_item_open",
        "list_item_close", "inline", "text", "strong_open", "strong_close", "code_inline",
    }  # fmt: skip
    said = "".join(token.content for token in tokens if token.type == "text")
    assert not [character for character in "@`<>|[]{}\\/:!#~$^" if character in said.replace(": ", "")]
    coded = [token.content.strip() for token in tokens if token.type == "code_inline"]
    assert coded.count(printable(hostile).strip()) >= 3


@pytest.mark.parametrize("text", ["`", "``", "a`b", "`a`", " a ", "a``b```c", "\\`", "|", "<b>"])
def test_code_is_what_it_was(text):
    tokens = list(_tokens(f"x {code(text)} y"))

    assert [token.content for token in tokens if token.type == "code_inline"] == [text]


def test_our_own_text_keeps_its_words_and_its_code():
    shown = sentence(f"Ask for `hosts: {FOUND}1`2{END}` in <tenant>.yaml, {FOUND}x{END}.")

    assert shown == r"Ask for ``hosts: 1`2`` in \<tenant\>.yaml, `x`."
    assert [token.content for token in _tokens(prose("a *b* <i> | # ~~c~~")) if token.type == "text"]
    assert "".join(t.content for t in _tokens(prose("*b* <i>|[x](y)")) if t.type == "text") == "*b* <i>|[x](y)"


def test_a_report_without_a_finding_is_one_line():
    report = {lang: markdown.render(Report(findings=[], files=["a", "b"], lang=lang)) for lang in ("en", "fr")}

    assert report == {
        "en": "**Joliba: no finding in 2 files**\n",
        "fr": "**Joliba : rien à signaler dans 2 fichiers**\n",
    }


def test_the_comment_is_a_list_by_file_with_place_fix_and_source():
    values = {"found": "standard", "classification": "restricted", "accepted": "encrypted"}
    finding = Finding("CLASS-UNENCRYPTED", Place("inventories/x.yaml", 3, 9, "a.b"), values)

    assert markdown.render(Report(findings=[finding], files=["inventories/x.yaml"], lang="fr")) == (
        "**Joliba : 1 erreur, 0 avertissement dans 1 fichier**\n\n**`inventories/x.yaml`**\n\n"
        "- **Erreur** (ligne 3, colonne 9, `a.b`) Le type de volume `standard` ne chiffre pas ; les données d'un "
        "locataire `restricted` doivent être chiffrées.\n"
        "  - Remède\N{NO-BREAK SPACE}: Écrivez un type qui chiffre : `encrypted`.\n"
        "  - Source\N{NO-BREAK SPACE}: SecNumCloud 3.2, 10.1\n"
        "  - Code\N{NO-BREAK SPACE}: `CLASS-UNENCRYPTED`\n"
    )


def test_a_comment_fits_into_what_forges_take_and_says_what_is_left_out():
    findings = [
        Finding(
            "NAME-UNKNOWN-IMAGE", Place(f"f{number}", 1), dict.fromkeys(("found", "nearest", "accepted"), "`" * 320)
        )
        for number in range(500)
    ]

    written = markdown.render(Report(findings=findings, files=[], lang="en"))

    assert len(written.encode()) < 65_536
    assert written.count("NAME-UNKNOWN-IMAGE") + int(written.splitlines()[-1].split()[0]) == 500
