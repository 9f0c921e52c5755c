"""The exceptions that reach a user, each with the exit code that its kind has everywhere in Joliba."""


class JolibaError(Exception):
    """A wrong use, told in one message without a traceback. Exit code 2."""

    exit_code = 2


class RefusedError(JolibaError):
    """The request itself is refused; its findings say why. Exit code 1."""

    exit_code = 1


class CloudError(JolibaError):
    """The cloud, the lab or a host failed or did not answer; running again continues. Exit code 3."""

    exit_code = 3
