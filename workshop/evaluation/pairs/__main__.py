"""Blind pairs: the same person as two methods complete them, side by side, without a word about which is which.

    python -m workshop.evaluation.pairs --first exemplar --second symmetry --photos DIR --out DIR --seed 1
    python -m workshop.evaluation.pairs --out DIR --verdicts verdicts.json

Each pair is one picture: one double from behind and from both sides, the photo, the other double. Which of them is on
the left is drawn by lot and kept in key.json; look at that file after judging. They are pictures of people: mind where
they are put.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.evaluation.pairs.make import PairsConfig, make_pairs
from workshop.evaluation.pairs.verdicts import count_verdicts, read_key, read_object


def _parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = describe_command("workshop.evaluation.pairs", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the pairs")
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="count these instead of making pairs")
    parser.add_argument("--first", metavar="ROW", help="a row of the benchmark")
    parser.add_argument("--second", metavar="ROW", help="another")
    parser.add_argument("--photos", type=Path, metavar="DIR")
    parser.add_argument("--names", nargs="+", default=[], metavar="NAME", help="only these photos of the folder")
    parser.add_argument("--seed", type=int, default=0, help="of the lot")
    parser.add_argument("--weights", metavar="FILE", help="networks, for rows that they paint")
    options = parser.parse_args(arguments)
    if options.verdicts is None and None in (options.first, options.second, options.photos):
        parser.error("--first, --second and --photos are needed to make pairs; --verdicts counts what was said of them")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Make pairs or count verdicts; 0 on success, 2 for the caller's mistake."""
    torch.set_num_threads(1)
    options = _parse_arguments(arguments)
    with exit_with_message():
        if options.verdicts is not None:
            key = read_key(options.out / "key.json")
            print(count_verdicts(key, read_object(options.verdicts)).text())
            return
        make_pairs(
            PairsConfig(
                first=options.first,
                second=options.second,
                photos=options.photos,
                out=options.out,
                seed=options.seed,
                weights=options.weights,
                names=tuple(options.names),
            )
        )


if __name__ == "__main__":
    main()
