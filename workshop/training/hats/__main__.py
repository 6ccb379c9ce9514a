"""The hat head, which tells where in a head's square a hat is.

python -m workshop.training.hats train --photos PHOTOS --to hats.safetensors    minutes
python -m workshop.training.hats score --photos PHOTOS                          IoU on folds held out
"""

from __future__ import annotations

from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message

STEPS = 600


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    parser = describe_command("workshop.training.hats", __doc__)
    parser.add_argument("command", choices=("train", "score"))
    parser.add_argument("--photos", type=Path, required=True, help="folder of labelled photographs")
    parser.add_argument("--to", type=Path, default=Path("hats.safetensors"), help=".safetensors file to write")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with exit_with_message("interrupted; nothing was written"):
        from workshop.training.hats.squares import gather_squares
        from workshop.training.hats.train import cross_validate, train_hats

        squares = list(gather_squares(arguments.photos))
        if arguments.command == "train":
            train_hats(squares, arguments.steps, arguments.to)
            return
        scores = cross_validate(squares, arguments.steps)
        print("\n".join(f"{photo} {score:.2f}" for photo, score in sorted(scores.items())))
        print(f"mean {sum(scores.values()) / max(1, len(scores)):.2f} of {len(scores)}")


if __name__ == "__main__":
    main()
