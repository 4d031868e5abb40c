"""The exceptions that a user's input, or what he asks about, may cause."""


class UserError(Exception):
    """Input that cannot be used: names the field, the value found and the cure; the command line exits with 2."""

    def __init__(self, field: str, value: object, cure: str) -> None:
        super().__init__(f"{field}: {value!r}. {cure}" if value is not None else f"{field}: {cure}")
        self.field, self.value, self.cure = field, value, cure

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, object, str]]:
        """So that it comes whole out of a worker process."""
        return type(self), (self.field, self.value, self.cure)


class NothingJudgedError(UserError):
    """What should be judged is not there, or not whole: no success; the command line exits with 1."""


def is_text(given: str) -> bool:
    """Whether it came as UTF-8: other bytes of a command line, a path or the environment stand for no letters."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True
