"""What axe-core finds in a page that is open in the browser: WCAG 2.0 to 2.2, A and AA, and good practice."""

from axe_playwright_python.sync_playwright import Axe


def violations(page) -> list[str]:
    """Each broken rule, with the first place that breaks it."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']} ({each['impact']}): {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found]
