"""The style's head, which tells kinds of clothes: gather features, train, score.

python -m workshop.training.style gather --photos PHOTOS --out RUN              minutes
python -m workshop.training.style train  --out RUN --to style.safetensors       minutes
python -m workshop.training.style score  --weights style.safetensors --out RUN  on photographs that end in 6
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.style", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    gather = commands.add_parser("gather", help="features and truth of labelled photographs")
    gather.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
    train = commands.add_parser("train", help="classifiers, and how often they are right on folds held out")
    train.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    score = commands.add_parser("score", help="how often they are right on what was never trained on")
    score.add_argument("--weights", default="style", help=".safetensors file, or the name of weights that ship")
    for command in (gather, train, score):
        command.add_argument("--out", type=Path, required=True, help="the run's folder")
        command.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    with exit_with_message("interrupted; nothing was written"):
        if arguments.command == "gather":
            from workshop.training.style.gather import gather_samples

            gather_samples(arguments.photos, arguments.out)
        elif arguments.command == "train":
            from workshop.training.style.train import train_style

            train_style(arguments.out, arguments.to)
        else:
            from workshop.training.style.train import score_style

            print("\n".join(score_style(arguments.weights, arguments.out)))


if __name__ == "__main__":
    main()
