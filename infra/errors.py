"""The exceptions that reach a user, each with the exit code that its kind has everywhere in Joliba."""

from infra.wording import say_in


class JolibaError(Exception):
    """A wrong use, told in one message without a traceback. Exit code 2.

    ``text`` is English and fills its words in braces with ``values``; without values it is taken as it is.
    """

    exit_code = 2

    def __init__(self, text: str = "", **values: object) -> None:
        super().__init__(text)
        self.text, self.values = text, values

    def __str__(self) -> str:
        return self.told("en")

    def told(self, lang: str) -> str:
        """The message in ``en`` or ``fr``; English when it has no translation."""
        return say_in(lang, self.text, **self.values)


class RefusedError(JolibaError):
    """The request itself is refused; its findings say why. Exit code 1."""

    exit_code = 1


class CloudError(JolibaError):
    """The cloud, the lab or a host failed or did not answer; running again continues. Exit code 3."""

    exit_code = 3
