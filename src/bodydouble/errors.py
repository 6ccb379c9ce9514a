"""The mistakes a caller can make, each told in one sentence: what is wrong, what was expected, what to do."""


class InputError(ValueError):
    """Something the caller gave cannot be used. The command line prints it and exits with status 2."""


class NoPersonFound(InputError):
    """The photo shows nobody the detector can see."""


class InputWarning(UserWarning):
    """Something the caller gave was used only in part. The command line prints it as a note."""


class Cancelled(Exception):
    """The caller asked for the work to stop, and it has; no mistake of anybody's."""
