"""A table on standard output whose rows appear as soon as they are known, and that tells the means of its columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_LABEL, _CELL = 44, 13  # characters


class Table:
    """Numbers in columns, a label before each row."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        """Print the heading.

        Args:
            columns: by title, how many digits stand behind the point.
        """
        self._columns = dict(columns)
        self._rows: list[tuple[str, tuple[float | None, ...]]] = []
        print(" " * _LABEL + "".join(f"{title:>{_CELL}}" for title in self._columns), flush=True)

    def add(self, label: str, *values: float | None) -> None:
        """Print a row. None, and what is not a number, is told as "-" and counts in no mean."""
        self._rows.append((label, values))
        self._print(label, values)

    def note(self, label: str, text: str) -> None:
        """Print why a row has no numbers."""
        print(f"{label:{_LABEL}} {text}", flush=True)

    def add_mean(self, label: str = "mean", of: str | None = None) -> None:
        """Print the means of all rows so far, or of those whose label ends in `of`."""
        rows = [values for name, values in self._rows if of is None or name.endswith(of)]
        if rows:
            self._print(label, [_mean([row[place] for row in rows]) for place in range(len(self._columns))])

    def _print(self, label: str, values: Sequence[float | None]) -> None:
        cells = (_cell(value, digits) for value, digits in zip(values, self._columns.values(), strict=True))
        print(f"{label:{_LABEL}}" + "".join(f"{cell:>{_CELL}}" for cell in cells), flush=True)


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _mean(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else None
