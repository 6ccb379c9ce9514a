"""The command line: reads arguments, calls the library, prints.

Exit status 0: done; 2: the caller's mistake; 1: ours; 130: interrupted; 143: ended by SIGTERM.
"""

from __future__ import annotations

import importlib.metadata
import sys
import traceback
from typing import Annotated, Any

import typer

from bodydouble.commands.alive import alive
from bodydouble.commands.demo import demo
from bodydouble.commands.digitize import digitize
from bodydouble.commands.export import export
from bodydouble.commands.information import doctor, import_dinar, info
from bodydouble.commands.photos import create, inspect
from bodydouble.commands.pictures import animate, render, turntable
from bodydouble.commands.studio import studio
from bodydouble.errors import InputError
from bodydouble.files import printable
from bodydouble.terminal import escape_what_cannot_be_shown, interrupted_by_signals, silence_libraries

silence_libraries()

app = typer.Typer(
    name="bodydouble",
    help="Turns one photo of a person into a rigged, textured double.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_INTERRUPTED = 130  # exit status: 128 and the number of the signal
_UsageError: Any = typer.BadParameter.__base__  # typer exports only this one of its usage errors
_COMMANDS = (
    create,
    inspect,
    render,
    turntable,
    animate,
    alive,
    export,
    digitize,
    demo,
    studio,
    info,
    import_dinar,
    doctor,
)
for _command in _COMMANDS:
    app.command()(_command)


def _print_version(asked: bool) -> None:
    """Print name and version where `--version` asks, and end."""
    if asked:
        print(f"bodydouble {importlib.metadata.version('bodydouble')}")
        raise typer.Exit


@app.callback()
def _answer_alone(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Take the options that need no command: without this function typer has none."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    escape_what_cannot_be_shown()
    with interrupted_by_signals() as received:
        try:
            status = app(args=arguments, standalone_mode=False)
            if status == _INTERRUPTED:  # typer answers Ctrl-C so itself
                raise KeyboardInterrupt
            return status if isinstance(status, int) else 0
        except (typer.Abort, KeyboardInterrupt):
            print("interrupted; nothing half done stays behind", file=sys.stderr)
            return 128 + received[0] if received else _INTERRUPTED
        except InputError as error:
            print(f"bodydouble: {printable(str(error))}", file=sys.stderr)
            return 2
        except OSError as error:
            name = printable(str(error.filename or "a file"))
            print(f"bodydouble: {name} cannot be used: {error.strerror or error}", file=sys.stderr)
            return 2
        except _UsageError as error:
            error.show()
            return 2
        except Exception:
            traceback.print_exc()
            print("bodydouble: this is a mistake of the program, not yours; please report it", file=sys.stderr)
            return 1
