"""The command that opens the web page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bodydouble.files import printable
from bodydouble.options import Quiet

FOLDER = Path("studio")


def studio(
    port: Annotated[int, typer.Option(help="Of 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    folder: Annotated[Path, typer.Option(help="Where photos and doubles are kept; made if missing.")] = FOLDER,
    quiet: Quiet = False,
) -> None:
    """Make and watch doubles on a web page of this machine's own; nothing leaves it. Ctrl-C ends it."""
    from bodydouble.studio.server import run_studio

    def say(address: str) -> None:
        print(address, flush=True)  # quiet or not: without it nobody gets in
        if not quiet:
            print(f"keeps photos and doubles in {printable(str(folder))}; Ctrl-C closes it", flush=True)

    run_studio(folder, port, browser, say)
