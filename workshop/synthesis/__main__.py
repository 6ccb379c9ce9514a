"""Dressed people with known truth, as many as are wanted.

python -m workshop.synthesis --wardrobe DIR --people N --views K --seed S --out DIR
python -m workshop.synthesis --wardrobe DIR --pack FILE      one file with all that people are made of, to carry away
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from pathlib import Path

import torch

from workshop.commands import exit_with_message
from workshop.synthesis.identities import SPLITS
from workshop.synthesis.pack.open import make_pack, open_pack
from workshop.synthesis.poses.sample import KINDS
from workshop.synthesis.records.person import RecordConfig, record_maker
from workshop.synthesis.records.shards import Origin, write_shards


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workshop.synthesis", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--wardrobe", type=Path, required=True, help="folder of MakeHuman's CC0 assets, or a pack made of it"
    )
    parser.add_argument("--motions", type=Path, help="folder of .bvh files; by default 'motions' beside the wardrobe")
    parser.add_argument("--out", type=Path, help="folder for the shards; what is there is kept and finished")
    parser.add_argument("--pack", type=Path, help="write the pack to this file instead of people")
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--views", type=int, default=8, help="of each person, evenly around")
    parser.add_argument("--poses", type=int, default=2, help="of each person; the views are spread over them")
    parser.add_argument("--pose-kind", choices=[*KINDS, "mix"], default="mix")
    parser.add_argument("--size", type=int, default=512, help="pixels a side")
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    arguments = parser.parse_args()
    if (arguments.out is None) == (arguments.pack is None):
        parser.error("give either --out DIR for people, or --pack FILE for the pack")
    for name in ("people", "views", "poses", "workers"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if not 64 <= arguments.size <= 2048:
        parser.error("--size must be within 64 and 2048")
    return arguments


def main() -> None:
    """Make people; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(1)
    with exit_with_message("interrupted; the same command goes on from here"):
        if arguments.pack:
            make_pack(arguments.wardrobe, arguments.motions, arguments.pack)
            return
        config = RecordConfig(
            split=arguments.split,
            seed=arguments.seed,
            views=arguments.views,
            poses=arguments.poses,
            size=arguments.size,
            kind=arguments.pose_kind,
        )
        pack = open_pack(arguments.wardrobe, arguments.motions)  # made here once, not in every process
        write_shards(
            arguments.out,
            arguments.people,
            functools.partial(record_maker, arguments.wardrobe, arguments.motions, config, arguments.device),
            Origin(seed=arguments.seed, config=dataclasses.asdict(config), wardrobe=pack.fingerprint),
            workers=arguments.workers,
            progress=(lambda what, done: None) if arguments.quiet else None,
        )


if __name__ == "__main__":
    main()
