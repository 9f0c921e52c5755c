"""``joliba verify``: whether files are what was signed."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.arguments import Json
from infra.cli.output import emit, line, say
from infra.errors import JolibaError
from infra.wording import language, say_in


def verify(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Each with FILE.sig beside it.")] = None,
    *,
    key: Annotated[
        Path | None, typer.Option(help="The public key in PEM (default: this installation's).", show_default=False)
    ] = None,
    show_key: Annotated[bool, typer.Option("--show-key", help="Print this installation's public key in PEM.")] = False,
    as_json: Json = False,
) -> None:
    """Verify the signatures of reports and records. Exit 0 if all are what was signed, 1 if one is not.

    Without Joliba: openssl pkeyutl -verify -pubin -inkey KEY -rawin -in FILE -sigfile FILE.sig
    """
    from infra.hosts.report.shown import shown  # noqa: PLC0415
    from infra.hosts.signature import fingerprint, public_key, public_pem, read_public_key, refusal  # noqa: PLC0415

    trusted = read_public_key(key) if key else public_key()
    if trusted is None:
        raise JolibaError("this installation has signed nothing yet: joliba report -o FILE, or name a key with --key")
    if show_key:
        line(public_pem(trusted).decode("ascii").rstrip("\n"))
        line(fingerprint(trusted), stderr=True)
        return
    if not files:
        raise JolibaError("name the files to verify")
    try:
        found = {file: refusal(file, trusted) for file in files}
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=error.filename, reason=error.strerror) from error
    if as_json:
        emit({"key": fingerprint(trusted), "files": {str(file): why or "verified" for file, why in found.items()}})
    else:
        for file, why in found.items():
            told = why.told if why else say_in(language(), "verified")
            say(
                say_in(language(), "{file}: {reason}", file=shown(str(file)), reason=told),
                style="red" if why else "green",
            )
        say(say_in(language(), "key {fingerprint}", fingerprint=fingerprint(trusted)))
    if any(found.values()):
        raise typer.Exit(1)
