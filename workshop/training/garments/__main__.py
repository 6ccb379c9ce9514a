"""The garment head, which tells skirts from trousers, coats from dresses, and bags from cloth.

python -m workshop.training.garments gather --photos PHOTOS --views VIEWS                 the parser's features, once
python -m workshop.training.garments train  --photos PHOTOS --views VIEWS --out RUN       goes on where it stopped
python -m workshop.training.garments export --out RUN --to garments.safetensors
python -m workshop.training.garments score  --photos PHOTOS --views VIEWS [--weights garments.safetensors]

`score` takes photographs whose numbers end in 6: neither the head nor the parser was trained on them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.training.garments.loop import GarmentTrainConfig, train_garments

ROUNDS = 4  # views of a photograph, one of them plain


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.garments", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    gather = commands.add_parser("gather", help="views of photographs, and the parser's features of them")
    gather.add_argument("--parser", default="parser", help="weights whose features are used")
    gather.add_argument("--rounds", type=int, default=ROUNDS, help="views of each photograph")
    learn = commands.add_parser("train", help="until all steps are done")
    learn.add_argument("--steps", type=int, default=GarmentTrainConfig.steps)
    learn.add_argument("--batch", type=int, default=GarmentTrainConfig.batch)
    learn.add_argument("--held-out", default="", help="last digit of photographs that are not learned from")
    learn.add_argument("--threads", type=int, default=1)
    export = commands.add_parser("export", help="the run's averaged head, as float16")
    export.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    score = commands.add_parser("score", help="garments and bags of photographs ending in 6")
    score.add_argument("--weights", default="garments", help=".safetensors file, or the name of weights that ship")
    for command in (gather, learn, score):
        command.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
        command.add_argument("--views", type=Path, required=True, help="folder of gathered views")
    for command in (learn, export):
        command.add_argument("--out", type=Path, required=True, help="the run's folder")
    for command in (gather, learn):
        command.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(getattr(arguments, "threads", 1))
    commands = {"gather": _gather, "train": _train, "export": _export, "score": _score}
    with exit_with_message("interrupted; the same command goes on where it stopped"):
        commands[arguments.command](arguments)


def _gather(arguments: argparse.Namespace) -> None:
    from bodydouble.parsing.builtin import read_parser
    from workshop.training.garments.views import gather_views

    near = read_parser(arguments.parser)
    gather_views(arguments.photos, near, arguments.views, arguments.rounds, arguments.seed)


def _train(arguments: argparse.Namespace) -> None:
    names = ("photos", "views", "out", "steps", "batch", "held_out", "threads", "seed")
    train_garments(GarmentTrainConfig(**{name: getattr(arguments, name) for name in names}))


def _export(arguments: argparse.Namespace) -> None:
    from workshop.training.garments.export import export_garments

    path = export_garments(arguments.out, arguments.to)
    print(f"wrote {path}: {path.stat().st_size / 1e6:.2f} MB")


def _score(arguments: argparse.Namespace) -> None:
    from bodydouble.parsing.garment_network import read_garment_head
    from workshop.training.garments.score import score_garments
    from workshop.training.garments.views import MEASURED
    from workshop.training.parsing.pictures import photo_numbers

    numbers = photo_numbers(arguments.photos, measured=True)
    files = [arguments.views / MEASURED / f"{number}.safetensors" for number in numbers]
    scores = score_garments(read_garment_head(arguments.weights), files, arguments.photos)
    print("\n".join(scores.lines()))


if __name__ == "__main__":
    main()
