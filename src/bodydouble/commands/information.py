"""Commands that tell of files and of what is installed, and the one that imports networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bodydouble.errors import InputError
from bodydouble.files import printable
from bodydouble.options import DoubleFile, Output, Quiet, check_output, print_notes, report_written


def info(
    double: DoubleFile,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only check that it can be read.")] = False,
) -> None:
    """Say what a .double file holds and how it was made."""
    from bodydouble.double_format import describe

    facts = describe(double)
    if quiet:
        return
    if as_json:
        print(json.dumps(facts))
    else:
        notes = facts.pop("notes")
        for name, value in flattened(facts):
            print(f"{printable(name):38} {printable(str(value))}")
        print_notes(notes, quiet)


def import_dinar(
    checkpoint: Annotated[Path, typer.Argument(metavar="CKPT", help="The checkpoint that DINAR's authors published.")],
    output: Output,
    quiet: Quiet = False,
) -> None:
    """Turn DINAR's published checkpoint into a .safetensors file of networks (its licence is non-commercial)."""
    check_output(output, ".safetensors")
    try:
        from bodydouble.dinar.import_checkpoint import import_dinar as import_checkpoint
    except ImportError as error:
        raise InputError(f"DINAR's checkpoint cannot be read: {error}") from error

    imported = import_checkpoint(checkpoint, output)
    print_notes(imported.notes, quiet)
    report_written(output, quiet)


def doctor(quiet: Quiet = False) -> None:
    """Say what is installed, which device is used, and what is missing and how to get it."""
    from bodydouble.doctor import examine

    for finding in examine():
        if not (quiet and finding.present):
            print(f"{'ok     ' if finding.present else 'missing'}  {finding.what}")
            if not finding.present:
                print(f"         {finding.remedy}")


def flattened(facts: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in facts.items():
        rows += flattened(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
