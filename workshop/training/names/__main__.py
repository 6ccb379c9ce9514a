"""The name network, which tells skirts from trousers, coats from dresses, and bags from cloth, beside the garment head.

python -m workshop.training.names train  --photos PHOTOS --out RUN       goes on where it stopped
python -m workshop.training.names export --out RUN --to names.safetensors
python -m workshop.training.names score  --photos PHOTOS [--weights names.safetensors]

`score` takes photographs whose numbers end in 6, which no network was shown, and says how many names are right by the
garment head, by this network, and by the mean of both, which is what `create` takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.training.names.loop import NameTrainConfig, train_names


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.names", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    learn = commands.add_parser("train", help="until all steps are done")
    learn.add_argument("--parser", default=NameTrainConfig.parser, help="weights where training starts")
    learn.add_argument("--steps", type=int, default=NameTrainConfig.steps)
    learn.add_argument("--batch", type=int, default=NameTrainConfig.batch)
    learn.add_argument("--held-out", default="", help="last digit of photographs that are not learned from")
    learn.add_argument("--seed", type=int, default=0)
    learn.add_argument("--threads", type=int, default=1)
    export = commands.add_parser("export", help="the run's averaged network, as float16")
    export.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    score = commands.add_parser("score", help="garments and bags of photographs ending in 6")
    score.add_argument("--weights", default="names", help=".safetensors file, or the name of weights that ship")
    for command in (learn, score):
        command.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
    for command in (learn, export):
        command.add_argument("--out", type=Path, required=True, help="the run's folder")
    return parser.parse_args()


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(getattr(arguments, "threads", 1))
    commands = {"train": _train, "export": _export, "score": _score}
    with exit_with_message("interrupted; the same command goes on where it stopped"):
        commands[arguments.command](arguments)


def _train(arguments: argparse.Namespace) -> None:
    names = ("photos", "out", "parser", "steps", "batch", "held_out", "threads", "seed")
    train_names(NameTrainConfig(**{name: getattr(arguments, name) for name in names}))


def _export(arguments: argparse.Namespace) -> None:
    from workshop.training.names.export import export_names

    path = export_names(arguments.out, arguments.to)
    print(f"wrote {path}: {path.stat().st_size / 1e6:.2f} MB")


def _score(arguments: argparse.Namespace) -> None:
    from bodydouble.parsing.builtin import read_parser
    from bodydouble.parsing.garment_names import read_garment_networks
    from workshop.training.names.score import score_names
    from workshop.training.parsing.pictures import photo_numbers

    numbers = photo_numbers(arguments.photos, measured=True)
    networks = read_garment_networks(names=arguments.weights)
    for name, scores in score_names(read_parser(), networks, numbers, arguments.photos).items():
        print("\n".join([name, *scores.lines()]))


if __name__ == "__main__":
    main()
