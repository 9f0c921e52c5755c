import re
from pathlib import Path

from infra.environment import CHECKOUT
from infra.intake.examples import example, exemplified
from infra.intake.explanation import by_prefix
from infra.intake.messages import MESSAGES
from infra.intake.reference import COMMAND, pages


def test_the_reference_is_what_the_schemas_say():
    stale = [
        str(path)
        for path, text in pages().items()
        if not (CHECKOUT / path).is_file() or (CHECKOUT / path).read_text(encoding="utf-8") != text
    ]

    assert stale == [], f"run `{COMMAND}`"


def test_every_page_explains_its_keys_in_its_language():
    found = pages()

    assert {path.name for path in found} >= {
        "tenant.en.md",
        "tenant.fr.md",
        "site.en.md",
        "site.fr.md",
        "country.fr.md",
    }
    french = next(text for path, text in found.items() if path.name == "tenant.fr.md")
    assert "| `platforms.<nom>.tiers.<nom>.volumes.<nom>.size` | Taille en Gio. **obligatoire** |" in french
    assert "| `access.groups.<nom>.keys[]` |" in french


def test_every_code_of_a_finding_is_documented_in_both_languages_in_a_row_of_five_cells():
    for lang in ("en", "fr"):
        page = pages()[Path(f"docs/reference/findings.{lang}.md")]
        rows = [line for line in page.splitlines() if line.startswith("| `")]

        assert [row.split("`")[1] for row in rows] == [code for group in by_prefix().values() for code in group]
        assert sorted(row.split("`")[1] for row in rows) == sorted(MESSAGES)
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
        assert "{found}" not in page


def test_every_example_is_on_the_page_of_findings_in_its_language():
    for lang, words in {"en": ("refused", "accepted"), "fr": ("refusé", "accepté")}.items():
        page = pages()[Path(f"docs/reference/findings.{lang}.md")]

        assert page.count("```yaml") == len(exemplified())
        for code in exemplified():
            shown = example(code)
            parts = [
                f"# {word}\n{part}\n" for word, part in zip(words, (shown.refused, shown.accepted), strict=True) if part
            ]
            assert f"`{code}`:\n\n```yaml\n{''.join(parts)}```" in page
