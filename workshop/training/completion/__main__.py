"""Completion learned from photographs of real people, of whom part of what was seen is hidden.

python -m workshop.training.completion gather --photos PHOTOS --out PEOPLE [--count N]     20 s of one core a person
python -m workshop.training.completion gather --pairs PAIRS --out PEOPLE                   30 s
python -m workshop.training.completion pack   --people PEOPLE --out PACK.safetensors
python -m workshop.training.completion train  --pack PACK.safetensors --out RUN [--people N]
python -m workshop.training.completion score  --pack PACK.safetensors [--run RUN]
python -m workshop.training.completion export --run RUN --to WEIGHTS.safetensors
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bodydouble.inpaint.learned.network import save_completion
from workshop.commands import describe_command, exit_with_message
from workshop.training.completion.loop import CompletionTrainConfig, read_completion_average, train_completion
from workshop.training.completion.records import read_left_out, read_pack, split_people, split_views, write_pack
from workshop.training.completion.score import score_completions


def main() -> None:
    """Do what is asked; the exit status is 2 for the caller's mistake."""
    parser = describe_command("workshop.training.completion", __doc__)
    parser.add_argument("--threads", type=int, default=1)
    commands = parser.add_subparsers(dest="command", required=True)
    gather = commands.add_parser("gather", help="fit people, hide part of each, and complete it")
    source = gather.add_mutually_exclusive_group(required=True)
    source.add_argument("--photos", type=Path, help="folder of labelled photographs")
    source.add_argument("--pairs", type=Path, help="folder of NAME_front.jpg beside NAME_back.jpg")
    gather.add_argument("--out", type=Path, required=True, help="folder of people; what is there is gone on with")
    gather.add_argument("--count", type=int, help="of people in the folder, at which to stop")
    gather.add_argument("--seed", type=int, default=0, help="of the order")
    pack = commands.add_parser("pack", help="put people into one file")
    pack.add_argument("--people", type=Path, required=True, help="folder of people")
    pack.add_argument("--out", type=Path, required=True, help=".safetensors file to write")
    train = commands.add_parser("train", help="learn to correct exemplar's colours, or go on with it")
    train.add_argument("--pack", type=Path, required=True, help="of people")
    train.add_argument("--out", type=Path, required=True, help="the run's folder; what is there is gone on with")
    train.add_argument("--people", type=int, help="to learn from, at most")
    train.add_argument("--steps", type=int, default=CompletionTrainConfig.steps)
    train.add_argument("--batch", type=int, default=CompletionTrainConfig.batch)
    train.add_argument("--lite0", type=float, default=CompletionTrainConfig.lite0, help="weight of the distance")
    train.add_argument("--rest", type=float, default=CompletionTrainConfig.rest, help="weight of changes without truth")
    train.add_argument("--seed", type=int, default=0)
    score = commands.add_parser("score", help="error on what was hidden of people held out")
    score.add_argument("--pack", type=Path, required=True, help="of people")
    score.add_argument("--run", type=Path, help="whose network is measured beside the inpainters")
    export = commands.add_parser("export", help="write a run's network as the inpainter reads it")
    export.add_argument("--run", type=Path, required=True)
    export.add_argument("--to", type=Path, required=True, help=".safetensors file to write")
    arguments = vars(parser.parse_args())
    command, threads = arguments.pop("command"), arguments.pop("threads")
    torch.set_num_threads(threads)
    with exit_with_message("interrupted; the same command goes on"):
        _COMMANDS[command](**arguments)


def _gather(photos: Path | None, pairs: Path | None, out: Path, count: int | None, seed: int) -> None:
    # The only one that needs body and detector.
    from workshop.training.completion.gather import gather_pairs, gather_people

    if photos is not None:
        gather_people(photos, out, count, seed)
    elif pairs is not None:
        gather_pairs(pairs, out, count, seed)
    left_out = read_left_out(out)
    print(f"{len(list(out.glob('*.safetensors')))} people, {len(left_out)} left out")


def _pack(people: Path, out: Path) -> None:
    print(f"{write_pack(people, out)} people, {out.stat().st_size / 1e6:.1f} MB")


def _train(**options: Any) -> None:
    train_completion(CompletionTrainConfig(**options))


def _score(pack: Path, run: Path | None) -> None:
    _, held_out = split_people(read_pack(pack))
    network = None if run is None else read_completion_average(run)[0]
    for name, people in split_views(held_out).items():
        print(f"{name}: {len(people)} people held out")
        for each in score_completions(people, network):
            print(each.line())


def _export(run: Path, to: Path) -> None:
    network, steps = read_completion_average(run)
    learned_from = json.loads((run / "run.json").read_text(encoding="utf-8"))["learned_from"]
    save_completion(network, to, {"steps": str(steps), **{name: str(count) for name, count in learned_from.items()}})


_COMMANDS: dict[str, Callable[..., None]] = {
    "gather": _gather,
    "pack": _pack,
    "train": _train,
    "score": _score,
    "export": _export,
}


if __name__ == "__main__":
    main()
