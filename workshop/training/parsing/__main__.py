"""The parser: draw people for it, train it, score it, write the file that ships.

python -m workshop.training.parsing draw   --pack PACK --people 420 --out DRAWN        people to learn from
python -m workshop.training.parsing draw   --pack PACK --people 40 --split test --out TEST
python -m workshop.training.parsing train  --photos PHOTOS --drawn DRAWN --out RUN     goes on where it stopped
python -m workshop.training.parsing export --out RUN --to parser.safetensors
python -m workshop.training.parsing score  --weights parser.safetensors --photos PHOTOS --drawn TEST
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.training.parsing.loop import ParserTrainConfig, train


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.parsing", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="people with labels and normals, as shards")
    draw.add_argument("--pack", type=Path, required=True, help="what `workshop.synthesis --pack` wrote")
    draw.add_argument("--people", type=int, default=420)
    draw.add_argument("--split", choices=("train", "test"), default="train")
    learn = commands.add_parser("train", help="until all steps are done")
    learn.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
    learn.add_argument("--drawn", type=Path, nargs="+", required=True, help="folders that `draw` wrote")
    learn.add_argument("--steps", type=int, default=ParserTrainConfig.steps)
    learn.add_argument(
        "--late-share", type=float, default=ParserTrainConfig.late_share, help="of the steps, with larger pictures"
    )
    learn.add_argument("--threads", type=int, default=1)
    export = commands.add_parser("export", help="the run's averaged network, as float16")
    export.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    score = commands.add_parser("score", help="what was never trained on")
    score.add_argument("--weights", default="parser", help=".safetensors file, or the name of weights that ship")
    score.add_argument("--photos", type=Path, help="folder of labelled photographs")
    score.add_argument("--drawn", type=Path, help="folder of the test split that `draw` wrote")
    for command in (draw, learn, export):
        command.add_argument("--out", type=Path, required=True, help="the folder of shards, or of the run")
    for command in (draw, learn):
        command.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(getattr(arguments, "threads", 1))
    with exit_with_message("interrupted; the same command goes on from the last checkpoint"):
        {"draw": _draw, "train": _train, "export": _export, "score": _score}[arguments.command](arguments)


def _draw(arguments: argparse.Namespace) -> None:
    from workshop.synthesis.records.shards import write_people
    from workshop.training.parsing.people import ParsingRecordConfig, parsing_record_maker

    config = ParsingRecordConfig(split=arguments.split, seed=arguments.seed)
    write_people(arguments.out, arguments.people, parsing_record_maker, arguments.pack, config)


def _train(arguments: argparse.Namespace) -> None:
    names = ("photos", "out", "steps", "late_share", "threads", "seed")
    train(ParserTrainConfig(drawn=tuple(arguments.drawn), **{name: getattr(arguments, name) for name in names}))


def _export(arguments: argparse.Namespace) -> None:
    from workshop.training.parsing.export import export

    exported = export(arguments.out, arguments.to)
    print(f"wrote {exported.path}: {exported.megabytes:.2f} MB after {exported.steps} steps")


def _score(arguments: argparse.Namespace) -> None:
    from bodydouble.parsing.builtin import BuiltinParser, read_parser
    from workshop.training.parsing.pictures import drawn_pictures
    from workshop.training.parsing.score import score_drawn, score_photos

    if arguments.photos:
        photos = score_photos(arguments.photos, BuiltinParser(arguments.weights))
        _print(photos.iou, photos.mean)
        print(f"{photos.photos} photos, nobody found in {photos.nobody}")
    if arguments.drawn:
        drawn = score_drawn(drawn_pictures(arguments.drawn), read_parser(arguments.weights))
        _print(drawn.iou, drawn.mean)
        print(f"normals {drawn.degrees:.1f}° on average")


def _print(iou: dict[str, float], mean: float) -> None:
    for name, value in iou.items():
        print(f"{name:12} {value:.3f}")
    print(f"{'mean':12} {mean:.3f}")


if __name__ == "__main__":
    main()
