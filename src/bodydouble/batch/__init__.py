"""Many photos, a double of each: `run.create_many`. What computes is exchangeable, and only handed orders.

photos ─▶ orders.py ─▶ what is done already? manifest.py ─▶ local_workers.py or ray_workers.py, in each: making.py
       ─▶ manifest.py, one line a photo ─▶ report.py: contact sheet and CSV
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Order:
    """One photo whose double is to be made."""

    photo: Path
    double: Path  # the file to write
    picture: Path  # the .png to write: the double from the front, the side and the back
    settings: Mapping[str, Any]  # of `settings.plain_settings`


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an order."""

    order: Order
    error: str = ""  # one sentence; none: the double is made
    seconds: float = 0.0  # from the order to its end
    facts: Mapping[str, Any] = field(default_factory=dict)  # of `making.make_double`


# Told, from any thread, how much of an order is done, in [0, 1].
Tell = Callable[[Order, float], None]


class Workers(Protocol):
    """What carries out orders, several at a time."""

    def run(self, orders: Sequence[Order], tell: Tell) -> Generator[Outcome, None, None]:
        """Yield each order's outcome as it ends, in any order; closing the iterator ends the work.

        An order whose process ends without an answer is given once more, to another process.
        """
        ...
