"""The page of the request form, by the words of a request."""

from pathlib import Path

from infra.intake.inventory import judge

ROOT = Path(__file__).parents[1]
SITE = "ml-bko"


class Form:
    """The page by the words of a request."""

    def __init__(self, page) -> None:
        self.page = page
        self.top = page.locator("#request")

    def field(self, key: str, within=None):
        """The control of a field; the name of an entry is the key ''."""
        around = within if within is not None else self.top
        return around.locator(f'[data-part="field"][data-key="{key}"]').first.locator("input, select").first

    def put(self, key: str, value: str, within=None) -> None:
        control = self.field(key, within)
        if control.evaluate("control => control.localName") == "select":
            control.select_option(value) if key in STATIC else control.select_option(label=value)
        else:
            control.fill(value)

    def add(self, noun: str, within=None, **values: str):
        """A new entry with values; ``name`` is its name."""
        around = within if within is not None else self.page
        around.locator(f'.many[data-template="{noun}"] > [data-add]').first.click()
        item = around.locator(f".item-{noun}").last
        self.put_all(item, **values)
        return item

    def put_all(self, item, **values: str) -> None:
        for key, value in values.items():
            control = "" if key == "name" else key.rstrip("_")
            closed = item.locator(f'details:not([open]):has([data-key="{control}"]) > summary')
            if control and closed.count():
                closed.first.click()
            self.put(control, value, item)

    def item(self, noun: str, at: int = 0):
        return self.page.locator(f".item-{noun}").nth(at)

    @property
    def text(self) -> str:
        return self.page.locator("#yaml").text_content()

    @property
    def codes(self) -> set[str]:
        return set(self.page.evaluate("judge().found.map(({ code }) => code)"))

    def leave(self) -> None:
        """Leave the field that was typed in, so that its findings are shown."""
        self.page.locator("#s-result").focus()

    @property
    def shown(self) -> list[str]:
        return [text for text in self.page.locator(".finding:visible").all_inner_texts() if text]


STATIC = {"flavor", "image", "volume_type", "type", "qos", "role", "spread"}
"""Choices that the site gives; the others are names of the request."""


def fill_sante(form: Form, tenant: str = "mines") -> None:
    """The sample request of the health ministry, as somebody of another ministry would type it."""
    form.put("tenant", tenant)
    form.put("ministry", "Ministère des Mines")
    form.put("reason", "Ouverture du dossier patient partagé")
    form.page.locator('input[value="restricted"]').check()
    for role, name in (("owner", "Direction générale"), ("technical", "DSI"), ("security", "RSSI")):
        person = form.page.locator(f'[data-key="{role}"]')
        form.put("name", name, person)
        form.put("email", f"{role}@{tenant}.example", person)
    form.put_all(form.item("network"), name="dmz", hosts="20")
    form.add("network", name="interne", hosts="100")
    platform = form.item("platform")
    form.put("", "dossier-patient", platform)
    form.put_all(form.item("tier"), name="web", network="dmz", count="2", flavor="SCS-2V-4", image="debian-12")
    form.add("tier", name="app", network="interne", count="2", flavor="SCS-2V-8", image="debian-12")
    base = form.add("tier", name="base", network="interne", count="2", flavor="SCS-4V-16", image="debian-12")
    form.add("volume", base, name="donnees", size="200")
    form.add("flow", from_="Internet", to="web", ports="443/tcp")
    form.add("flow", from_="web", to="app", ports="8080/tcp")
    form.add("flow", from_="app", to="base", ports="5432/tcp")
    form.add("publish", name=f"dossier.{tenant}.example", tier="web", port="443")
    form.add("bucket", name="archives", size="500")
    form.add("group", name=f"{tenant}-exploitation", role="member")
    form.add("group", name=f"{tenant}-audit", role="reader")
    form.put("review_by", "2027-06-30")


def checked(text: str, tenant: str = "mines") -> set[str]:
    """The codes of what ``joliba check`` would say of a file's text, but for the addresses that come afterwards."""
    return {found.code for found in judge(ROOT, SITE, tenant, text).findings} - {"ADDRESS-MISSING"}
