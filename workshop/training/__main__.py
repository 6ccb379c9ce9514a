"""Train one of the stages, or go on with it.

python -m workshop.training STAGE --preset lite --data SHARDS_OR_PACK_OR_FOLDER --out RUN [--minutes M]
torchrun --nproc_per_node N -m workshop.training STAGE ...      on N processes or GPUs

    appearance   encoder, generator and renderer
    attention    which seen texels an unseen one is like: `exemplar` completes with it, `lite` guesses with it
    vqgan        the VQGAN, in texture space and through the renderer
    joint        the same with the renderer
    patches      the VQGAN, on squares of textures alone
    denoiser     the diffusion model
    finish       the renderer, on completed textures

A preset has some of them.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from workshop.commands import describe_command, exit_with_message
from workshop.training.command import TrainConfig, new_accelerator, open_pool, run_stage
from workshop.training.presets import PRESETS
from workshop.training.stages import STAGES


def _arguments() -> argparse.Namespace:
    parser = describe_command("workshop.training", __doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--preset", choices=PRESETS, default="lite")
    parser.add_argument("--data", type=Path, required=True, help="a pack, shards, or a folder of people's pictures")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder; what is there is gone on with")
    parser.add_argument(
        "--from", dest="start", type=Path, help="to begin with, where the folder has no networks: a run's, or weights"
    )
    parser.add_argument("--minutes", type=float, help="wall clock for this call; without it until all steps are done")
    parser.add_argument("--size", type=int, help="pixels a side, instead of the preset's")
    parser.add_argument("--people", type=int, help="in a batch, instead of the preset's")
    parser.add_argument("--steps", type=int, help="of the stage, instead of the preset's")
    parser.add_argument("--workers", type=int, default=1, help="processes that make people, for each that trains")
    parser.add_argument("--pool-gib", type=float, default=4.0, help="memory for people, for each process that trains")
    parser.add_argument("--threads", type=int, default=1, help="of each process that trains")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto")
    parser.add_argument("--precision", choices=("auto", "no", "bf16"), default="auto", help="auto: bf16 on a GPU")
    return parser.parse_args()


def main() -> None:
    """Train; the exit status is 2 for the caller's mistake."""
    arguments = vars(_arguments())
    stage, device, precision = (arguments.pop(name) for name in ("stage", "device", "precision"))
    with exit_with_message("interrupted; the same command goes on from the last checkpoint"):
        accelerator = new_accelerator(cpu=device == "cpu", precision=precision)
        config = TrainConfig(**arguments)
        with contextlib.closing(open_pool(config, accelerator)) as pool:
            run_stage(stage, config, pool, accelerator)
        accelerator.end_training()


if __name__ == "__main__":
    main()
