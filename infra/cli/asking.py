"""What a person is asked at a terminal before something is done."""

import typer

from infra.cli.wording import labelled
from infra.wording import say_in

_YES = ("y", "yes", "o", "oui")


def confirmed(question: str, lang: str) -> bool:
    """Whether a person says yes, in English or French; any other answer is a no."""
    asked = labelled(lang, f"{question} [{say_in(lang, 'y/N')}]")
    answer: str = typer.prompt(asked, default="", show_default=False, prompt_suffix=" ")
    return answer.strip().lower() in _YES
