"""How every command of the workshop begins and ends."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator

from bodydouble.errors import InputError


def describe_command(module: str, text: str | None) -> argparse.ArgumentParser:
    """A parser of the command `python -m MODULE`, whose help is the module's docstring, in its own lines."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )


@contextlib.contextmanager
def exit_with_message(interrupted: str = "interrupted") -> Iterator[None]:
    """The caller's mistake becomes one line and exit status 2, Ctrl-C another and 130.

    Args:
        interrupted: what to say after Ctrl-C.
    """
    try:
        yield
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        sys.exit(130)
