from infra.environment import CHECKOUT
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
