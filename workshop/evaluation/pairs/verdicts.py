"""What fresh eyes said of blind pairs, counted.

The verdicts are a JSON object: {"pair-01": "left", "pair-02": "same", …}. Which side was which is told by the pairs'
`key.json`, which whoever judges has not seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from bodydouble.errors import InputError

LEFT, RIGHT, SAME = "left", "right", "same"


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often each of two methods was preferred."""

    first: str  # names of the methods
    second: str
    for_first: int
    for_second: int
    same: int
    open: int = 0  # pairs that nobody judged

    def text(self) -> str:
        """A few lines for a person."""
        decided, judged = self.for_first + self.for_second, self.for_first + self.for_second + self.same
        lines = [
            f"{self.first}: preferred in {self.for_first} of {judged} pairs",
            f"{self.second}: preferred in {self.for_second} of {judged} pairs",
            f"no difference seen in {self.same}" + (f", not judged: {self.open}" if self.open else ""),
        ]
        if decided:
            chance = float(binomtest(self.for_first, decided).pvalue)
            percent = 100 * self.for_first / decided
            lines.append(
                f"{self.first} has {percent:.0f} % of the decided pairs; from a coin, a count as uneven as this comes "
                f"with probability {chance:.2g}"
            )
        return "\n".join(lines)


def count_verdicts(key: Mapping[str, Any], verdicts: Mapping[str, Any]) -> Count:
    """Count.

    Args:
        key: as in `key.json`.
        verdicts: of each pair "left", "right" or "same"; pairs may be missing.

    Raises:
        InputError: a verdict of a pair that is not in the key, or another word.
    """
    pairs, counts = key["pairs"], Counter[str]()
    for name, verdict in verdicts.items():
        if name not in pairs:
            raise InputError(f"a verdict names {name!r}, which is no pair of key.json; it has {', '.join(pairs)}")
        if verdict not in (LEFT, RIGHT, SAME):
            raise InputError(f"the verdict of {name} is {str(verdict)[:40]!r}; expected left, right or same")
        counts[SAME if verdict == SAME else pairs[name][verdict]] += 1
    first, second = key["first"], key["second"]
    return Count(
        first=first,
        second=second,
        for_first=counts[first],
        for_second=counts[second],
        same=counts[SAME],
        open=len(pairs) - len(verdicts),
    )


def read_key(path: Path) -> dict[str, Any]:
    """A `key.json`, checked. Raises InputError where it cannot be read or is none."""
    key = read_object(path)
    methods, pairs = {key.get("first"), key.get("second")}, key.get("pairs")
    consistent = isinstance(pairs, dict) and all(
        isinstance(pair, dict) and {pair.get(LEFT), pair.get(RIGHT)} == methods for pair in pairs.values()
    )
    if not consistent or len(methods) != 2 or not all(isinstance(method, str) for method in methods):
        raise InputError(f"{path} is not the key of blind pairs; make the pairs again")
    return key


def read_object(path: Path) -> dict[str, Any]:
    """A file with one JSON object. Raises InputError where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path} holds no JSON object; expected names of pairs and what was said of them")
    return value
