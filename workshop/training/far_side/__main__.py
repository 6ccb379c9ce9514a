"""The parser's further heads, for the side that is turned away and for shape: draw, train, score, write the file.

python -m workshop.training.far_side draw   --pack PACK --people 240 --out DRAWN       people to learn from
python -m workshop.training.far_side draw   --pack PACK --people 40 --split test --out TEST
python -m workshop.training.far_side train  --photos PHOTOS --drawn DRAWN --out RUN    goes on where it stopped
python -m workshop.training.far_side shape  --photos PHOTOS --drawn DRAWN --out RUN    minutes
python -m workshop.training.far_side export --out RUN --to parser.safetensors
python -m workshop.training.far_side score  --weights parser.safetensors --drawn TEST

PARSER, where it is given, are weights whose near side is kept as it is: those that ship, where no others are named.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.training.far_side.loop import FarTrainConfig, train_far


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.far_side", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="people whose far side is known, as shards")
    draw.add_argument("--pack", type=Path, required=True, help="what `workshop.synthesis --pack` wrote")
    draw.add_argument("--people", type=int, default=240)
    draw.add_argument("--split", choices=("train", "test"), default="train")
    learn = commands.add_parser("train", help="the far side's decoder, until all steps are done")
    learn.add_argument("--steps", type=int, default=FarTrainConfig.steps)
    shape = commands.add_parser("shape", help="the shape's head")
    export = commands.add_parser("export", help="a parser's file with the run's heads, as float16")
    export.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    score = commands.add_parser("score", help="what was never trained on, beside copying the near side")
    score.add_argument("--weights", default="parser", help=".safetensors file, or the name of weights that ship")
    for command in (learn, shape):
        command.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
        command.add_argument("--threads", type=int, default=1)
    for command in (learn, shape, score):
        command.add_argument("--drawn", type=Path, nargs="+", required=True, help="folders that `draw` wrote")
    for command in (learn, shape, export):
        command.add_argument("--parser", default="parser", help="weights whose near side is kept")
    for command in (draw, learn, shape, export):
        command.add_argument("--out", type=Path, required=True, help="the folder of shards, or of the run")
    for command in (draw, learn, shape):
        command.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(getattr(arguments, "threads", 1))
    commands = {"draw": _draw, "train": _train, "shape": _shape, "export": _export, "score": _score}
    with exit_with_message("interrupted; the same command goes on from the last checkpoint"):
        commands[arguments.command](arguments)


def _draw(arguments: argparse.Namespace) -> None:
    from workshop.synthesis.records.shards import write_people
    from workshop.training.far_side.people import FarRecordConfig, far_record_maker

    config = FarRecordConfig(split=arguments.split, seed=arguments.seed)
    write_people(arguments.out, arguments.people, far_record_maker, arguments.pack, config)


def _train(arguments: argparse.Namespace) -> None:
    names = ("parser", "photos", "out", "steps", "threads", "seed")
    train_far(FarTrainConfig(drawn=tuple(arguments.drawn), **{name: getattr(arguments, name) for name in names}))


def _shape(arguments: argparse.Namespace) -> None:
    from workshop.training.far_side.shape import ShapeTrainConfig, train_shape

    names = ("parser", "photos", "out", "seed")
    train_shape(ShapeTrainConfig(drawn=tuple(arguments.drawn), **{name: getattr(arguments, name) for name in names}))


def _export(arguments: argparse.Namespace) -> None:
    from workshop.training.far_side.export import export_far

    path = export_far(arguments.parser, arguments.out, arguments.to)
    print(f"wrote {path}: {path.stat().st_size / 1e6:.2f} MB")


def _score(arguments: argparse.Namespace) -> None:
    from bodydouble.parsing.builtin import read_networks
    from workshop.training.far_side.pictures import read_far_pictures
    from workshop.training.far_side.score import score_far

    for scores in score_far(read_far_pictures(arguments.drawn), read_networks(arguments.weights)):
        print(scores.line())


if __name__ == "__main__":
    main()
