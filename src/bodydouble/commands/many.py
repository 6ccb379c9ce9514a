"""What `create --out-dir` does: a double of each of many photos."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bodydouble.files import printable
from bodydouble.options import ProgressBar, report_written

if TYPE_CHECKING:
    from bodydouble.create_config import CreateConfig

_SAID = 10  # photos without a double that are told of one by one; the table has all


def create_each(
    photos: Sequence[Path],
    out_dir: Path,
    config: CreateConfig,
    body_file: Path | None,
    workers: int | None,
    ray: str | None,
    quiet: bool,
) -> int:
    """Make them, and say what was written and which photos have no double.

    Returns:
        The exit status: 1 if a photo has no double.

    Raises:
        InputError: as `batch.run.create_many`.
    """
    from bodydouble.batch import manifest, report, run

    with ProgressBar(quiet) as progress:
        records = run.create_many(
            photos, out_dir, config=config, body_file=body_file, workers=workers, ray=ray, progress=progress
        )
    failed = [record for record in records if record.state == manifest.State.failed]
    for record in failed[:_SAID]:
        print(f"{printable(record.photo)}: {record.error}", file=sys.stderr)
    if failed:
        table = printable(str(out_dir / report.TABLE))
        print(f"{len(failed)} of {len(records)} photos have no double; {table} says why", file=sys.stderr)
    for name in (report.SHEET, report.TABLE):
        report_written(out_dir / name, quiet)
    return 1 if failed else 0
