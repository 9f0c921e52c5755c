"""What a stack needs before its first ``pulumi up``, by hand or by fleet: to exist, and its configuration file.

The file lies under ``stackConfigDir``, outside Git. A tenant's holds the password of its own service user, encrypted; a
foundation's the public half of the site's management key, unless the site's file names one.
"""

import secrets
import tempfile
from pathlib import Path
from typing import Any

import yaml

from infra.environment import home, passphrase_file
from infra.errors import CloudError, JolibaError
from infra.fleet import locks
from infra.fleet.datacenter import Datacenter
from infra.fleet.recovery import write
from infra.fleet.running import run_folder
from infra.fleet.stacks import StackName
from infra.fleet.state import read
from infra.model.contract import PROJECT
from infra.toolchain.passphrase import ensure_passphrase
from infra.toolchain.secret_file import write_once

PASSWORD_KEY = f"{PROJECT}:servicePassword"
MANAGEMENT_KEY = f"{PROJECT}:managementKey"
_FOREIGN = "incorrect passphrase"  # the engine's words
_STRENGTH = 32  # random bytes of a password


class UnwritableError(JolibaError):
    """The folder of configuration files is not this user's to write in."""


def prepare(stack: StackName, datacenter: Datacenter) -> bool:
    """Make a stack ready. Does nothing, and starts no process, if it is.

    Killed half-way, the next call does the rest.

    Returns:
        Whether there was anything to do.

    Raises:
        CloudError: the backend refused, or another Joliba is at work on the stack.
        UnwritableError: configuration files cannot be written.
        JolibaError: its own was made with another passphrase.
    """
    if is_prepared(stack, datacenter):
        return False
    with locks.claimed(stack, run_folder()):
        ensure_passphrase()
        _ensure_writable(stack.configuration.parent)
        if place := datacenter.backend.place:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        backend, wanted = datacenter.backend, _wanted(stack, datacenter)
        known = read(stack, backend)
        if not _configuration(stack):
            stack.configuration.unlink(missing_ok=True)  # an empty or torn one
            if known:
                _restore_encryption(stack, known.plain)
        if known is None:
            provider = secrets_provider()
            chosen = ["--secrets-provider", provider] if provider else []
            try:
                backend.pulumi("stack", "init", stack.qualified, "--no-select", *chosen)
            except CloudError as error:
                if _FOREIGN in str(error):
                    raise JolibaError(_made_elsewhere(stack)) from None
                raise
        values = _configuration(stack).get("config") or {}
        if PASSWORD_KEY in wanted and PASSWORD_KEY not in values:
            password = secrets.token_urlsafe(_STRENGTH)
            backend.pulumi("config", "set", "--secret", PASSWORD_KEY, stack=stack, given=password)
        if MANAGEMENT_KEY in wanted and values.get(MANAGEMENT_KEY) != wanted[MANAGEMENT_KEY]:
            backend.pulumi("config", "set", "--plaintext", MANAGEMENT_KEY, wanted[MANAGEMENT_KEY], stack=stack)
        stack.configuration.chmod(0o600)
    return True


def _ensure_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnwritableError(
            f"{folder} cannot be written ({error.strerror}), and stacks have their configuration files there: make it "
            "writable for you, or work on a copy of the project that is yours (JOLIBA_ROOT=<copy>)"
        ) from None


def _made_elsewhere(stack: StackName) -> str:
    return (
        f"{stack}: {stack.configuration} was made with another passphrase than {passphrase_file()} holds (that file "
        "was lost, or belongs to another JOLIBA_HOME), and the stack has no state: restore the passphrase, or remove "
        "the former file and run: joliba stacks --prepare"
    )


def is_prepared(stack: StackName, datacenter: Datacenter) -> bool:
    """Whether `prepare` has nothing to do."""
    values = _configuration(stack).get("config") or {}
    needed = set() if stack.is_foundation and datacenter.site.administration.key else _needed(stack)
    return needed <= values.keys() and read(stack, datacenter.backend) is not None


def _needed(stack: StackName) -> set[str]:
    return {MANAGEMENT_KEY} if stack.is_foundation else {PASSWORD_KEY}


def _wanted(stack: StackName, datacenter: Datacenter) -> dict[str, str]:
    if not stack.is_foundation:
        return {PASSWORD_KEY: ""}
    return {} if datacenter.site.administration.key else {MANAGEMENT_KEY: management_key(stack.site)}


def _configuration(stack: StackName) -> dict[str, Any]:
    """The stack's configuration file; empty if it is not there or torn."""
    try:
        found = yaml.safe_load(stack.configuration.read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    if not isinstance(found, dict):
        return {}
    values = found.get("config", {})
    # a cut in the middle of a key or before a value
    whole = isinstance(values, dict) and all(":" in key and value is not None for key, value in values.items())
    return found if whole else {}


def _restore_encryption(stack: StackName, plain: Any) -> None:  # noqa: ANN401  a deployment's plain tree
    """Write how the stack's secrets are encrypted into a lost configuration file; the state knows it too."""
    provider = plain.get("secrets_providers") or {}
    state = provider.get("state") or {}
    lines = {
        "encryptionsalt": state.get("salt"),
        "secretsprovider": state.get("url"),
        "encryptedkey": state.get("encryptedkey"),
    }
    text = "".join(f"{key}: {value}\n" for key, value in lines.items() if value)
    if text:
        write(stack.configuration, text)


def secrets_provider() -> str | None:
    """What encrypts new stacks' secrets, if not the passphrase: ``hashivault://key``."""
    try:
        return _choice().read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def choose_secrets_provider(url: str) -> None:
    """Note what encrypts the secrets of stacks that are prepared from now on; ``passphrase`` for the passphrase."""
    home().mkdir(mode=0o700, parents=True, exist_ok=True)
    write(_choice(), "" if url == "passphrase" else url)


def _choice() -> Path:
    return home() / "secrets-provider"


def management_key(site: str) -> str:
    """The public half of a site's management key, in OpenSSH's form; the key is made at the first call.

    The private half (Ed25519, 0600) never leaves ``<home>/keys/<site>/management``.
    """
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415  50 ms that only this needs
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    place = home() / "keys" / site / "management"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists():
        key = Ed25519PrivateKey.generate()
        made = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
        write_once(place, made.decode())
    private = form.load_ssh_private_key(place.read_bytes(), password=None)
    public = private.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    line = f"{public} joliba-{site}"
    if not (shown := place.with_name("management.pub")).exists():
        write(shown, f"{line}\n")
    return line
