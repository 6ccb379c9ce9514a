"""All stages on a machine lent for minutes: begin within seconds, go on from the last weights, leave small files.

python -m workshop.training.remote --pack PACK --out RUN --leave FOLDER --minutes M [--from FOLDER]

RUN stays on the machine, if it does: then the next call goes on with optimisers and all. FOLDER is what is carried home
and back: networks as trained and averaged, float16, in parts under 16 MiB; curves; the last sample sheets. Without RUN
the next call goes on from the weights there.

The machine needs Python with torch, accelerate, diffusers, tensorboard, scipy, opencv, pillow, numpy and safetensors;
neither Anny nor MediaPipe.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import shutil
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

import torch

from bodydouble.errors import InputError
from workshop.commands import describe_command, exit_with_message
from workshop.training.checkpoint import NETWORKS, read_state, write_parts
from workshop.training.command import TrainConfig, adapt_preset, new_accelerator, open_pool, run_stage
from workshop.training.data import Pool, open_data
from workshop.training.people import PeopleConfig
from workshop.training.presets import PRESETS

# Each stage's share of the minutes. The diffusion model gains longest; nothing later is better than the first stage.
SHARES: Mapping[str, float] = {
    "appearance": 0.45,
    "attention": 0.1,
    "vqgan": 0.12,
    "joint": 0.03,
    "patches": 0.15,
    "denoiser": 0.2,
    "finish": 0.1,
}
_SHEETS = 3  # of each stage, that are left


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training.remote", __doc__)
    parser.add_argument("--pack", type=Path, required=True, help="from python -m workshop.synthesis --pack")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder on this machine")
    parser.add_argument("--leave", type=Path, required=True, help="folder for what is carried home")
    parser.add_argument("--from", type=Path, dest="start", help="what an earlier call left, where RUN is gone")
    parser.add_argument("--minutes", type=float, required=True, help="for this call, with everything")
    parser.add_argument("--shares", help="such as appearance=1,vqgan=0: of the minutes, instead of the usual")
    parser.add_argument("--preset", choices=PRESETS, default="lite")
    parser.add_argument("--size", type=int)
    parser.add_argument("--people", type=int)
    parser.add_argument("--steps", type=int, help="of each stage, at most")
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--pool-gib", type=float, default=24.0)
    parser.add_argument("--people-device", choices=("cpu", "cuda"), help="where people are drawn")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Train; the exit status is 2 for the caller's mistake. What there is, is left whatever happens."""
    arguments = vars(_arguments())
    leave, minutes, shares = arguments.pop("leave"), arguments.pop("minutes"), arguments.pop("shares")
    config = TrainConfig(data=arguments.pop("pack"), **arguments)
    with exit_with_message():
        train_all(config, minutes, _shares(shares), leave)


def train_all(config: TrainConfig, minutes: float, shares: Mapping[str, float], leave: Path) -> None:
    """Every stage with its share of the minutes, each the more for what those before it did not need.

    Args:
        leave: folder for what is carried home, made where its parent exists; brought up to date after each stage.
    """
    began = time.monotonic()
    accelerator = new_accelerator()
    left = {stage: share for stage, share in shares.items() if share > 0 and stage in PRESETS[config.preset].stages}
    if accelerator.is_main_process:
        leave.mkdir(exist_ok=True)
    if (
        accelerator.device.type != "cpu"
        and config.people_device is None
        and not can_draw_people(config, str(accelerator.device))
    ):
        config = dataclasses.replace(config, people_device="cpu")
    with contextlib.closing(open_pool(config, accelerator)) as pool:
        while left:
            stage, share = next(iter(left.items()))
            remaining = max(0.0, minutes - (time.monotonic() - began) / 60)
            stage_minutes = remaining * share / sum(left.values())
            run_stage(stage, dataclasses.replace(config, minutes=stage_minutes), pool, accelerator)
            del left[stage]
            if accelerator.is_main_process:
                _write_leavings(config, leave)
    accelerator.end_training()


def can_draw_people(config: TrainConfig, device: str) -> bool:
    """Whether a process of its own can draw somebody on that device; the minutes are too few to find out by failing."""
    people = PeopleConfig(size=64, poses=1, views=1)
    data = open_data(config.data, people, device)
    try:
        with contextlib.closing(Pool(data, torch.device(device), workers=1, gib=1.0)) as pool:
            pool.batch(1, 1)
    except Exception:  # whatever it is, drawing on the CPU is the answer
        traceback.print_exc()
        print(f"people cannot be drawn on {device}; they are drawn on the CPU", flush=True)
        return False
    return True


def _write_leavings(config: TrainConfig, leave: Path) -> None:
    state = read_state(config.out / NETWORKS, adapt_preset(config).networks)
    write_parts(state, leave)
    for folder in sorted(path for path in config.out.iterdir() if path.is_dir()):
        target = leave / folder.name
        target.mkdir(exist_ok=True)
        for old in target.glob("sheet-*.png"):
            old.unlink()
        sheets = sorted(folder.glob("sheet-*.png"))[-_SHEETS:]
        for file in [*sheets, folder / "run.json", folder / "curves.csv"]:
            if file.is_file():
                shutil.copy(file, target)
    print(f"left in {leave}: {sum(1 for _ in leave.rglob('*'))} files, steps {dict(state.steps)}", flush=True)


def _shares(text: str | None) -> Mapping[str, float]:
    """What --shares says; the usual where it says nothing.

    Raises:
        InputError: it names no stage, or no number.
    """
    if text is None:
        return SHARES
    try:
        shares = {name.strip(): float(value) for name, value in (entry.split("=") for entry in text.split(","))}
    except ValueError:
        raise InputError(f"--shares {text!r} cannot be read; give such as appearance=0.6,vqgan=0.4") from None
    if unknown := shares.keys() - SHARES.keys():
        raise InputError(f"--shares names {', '.join(sorted(unknown))}; stages are {', '.join(SHARES)}")
    return {name: shares[name] for name in SHARES if name in shares}


if __name__ == "__main__":
    main()
