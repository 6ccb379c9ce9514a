"""What a call of the trainer asks for, made into stages."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator

from bodydouble.errors import InputError
from workshop.training.data import Pool, open_data
from workshop.training.loop import LoopConfig, current_state, train
from workshop.training.people import PeopleConfig
from workshop.training.presets import PRESETS, Preset


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What can be chosen on the command line."""

    preset: str  # name in `presets.PRESETS`
    data: Path  # a pack, a folder of shards, or a folder with a sub-folder of pictures for each person
    out: Path  # the run's folder, made where its parent exists
    start: Path | None = None  # networks to begin with, where the folder has none
    minutes: float | None = None  # of wall clock; None: until all steps are done
    size: int | None = None  # pixels a side, instead of the preset's
    people: int | None = None  # in a batch, instead of the preset's
    steps: int | None = None  # of each stage, instead of the preset's
    workers: int = 1  # processes that make people, for each process that trains
    pool_gib: float = 4.0  # memory for people, for each process that trains
    people_device: str | None = None  # where people are drawn; None: where training runs
    threads: int = 1  # of each process that trains; on a CPU that others use, too, one is fastest
    seed: int = 0


def new_accelerator(cpu: bool = False, precision: str = "auto") -> Accelerator:
    """One of the processes that train together.

    Args:
        cpu: not on a GPU, even where there is one.
        precision: "no", "bf16" where that is safe, or "auto": bf16 on a GPU. CPUs that compute in it gain a quarter.
    """
    # Unless it is told, accelerate takes several processes without a GPU for strangers.
    cpu = cpu or not torch.cuda.is_available()
    if precision == "auto":
        precision = "no" if cpu else "bf16"
    return Accelerator(cpu=cpu, mixed_precision=precision)


def open_pool(config: TrainConfig, accelerator: Accelerator) -> Pool:
    """Where this run's people come from; those that earlier calls made are not made again.

    Raises:
        InputError: the data or the run's folder cannot be used.
    """
    if not config.out.parent.is_dir():
        raise InputError(f"cannot write {config.out}: the folder {config.out.parent} does not exist; create it first")
    preset = adapt_preset(config)
    device = accelerator.device
    torch.set_num_threads(config.threads)
    torch.set_float32_matmul_precision("high")
    people = PeopleConfig(size=preset.size, seed=config.seed)
    torch.backends.cudnn.benchmark = True  # every batch has the same shapes
    data = open_data(config.data, people, config.people_device or str(device))
    config.out.mkdir(exist_ok=True)
    return Pool(
        data,
        device,
        workers=config.workers,
        gib=config.pool_gib,
        first=current_state(preset.networks, _loop(config, accelerator)).people + accelerator.process_index,
        step=accelerator.num_processes,
        seed=config.seed,
    )


def run_stage(stage: str, config: TrainConfig, pool: Pool, accelerator: Accelerator) -> None:
    """Train a stage until its steps are done or its time is over.

    Args:
        stage: one of `stages.STAGES`.

    Raises:
        InputError: the preset does not have it.
    """
    preset = adapt_preset(config)
    if stage not in preset.stages:
        raise InputError(f"preset {config.preset} has no stage {stage!r}; it has {', '.join(preset.stages)}")
    train(stage, preset, pool, _loop(config, accelerator), accelerator, config.minutes)


def _loop(config: TrainConfig, accelerator: Accelerator) -> LoopConfig:
    return LoopConfig(out=config.out, start=config.start, seed=config.seed, quiet=not accelerator.is_main_process)


def adapt_preset(config: TrainConfig) -> Preset:
    """The preset with what the call asks for instead."""
    preset = PRESETS[config.preset]
    size = config.size or preset.size
    if size & (size - 1) or not 64 <= size <= 1024:
        raise InputError(f"--size {size}: pictures have 64, 128, 256, 512 or 1024 pixels a side")
    if any(value is not None and value < 1 for value in (config.people, config.steps)):
        raise InputError("--people and --steps must be at least 1")
    stages = {
        name: dataclasses.replace(stage, people=config.people or stage.people, steps=config.steps or stage.steps)
        for name, stage in preset.stages.items()
    }
    judge = dataclasses.replace(preset.discriminator, resolution=size)
    return dataclasses.replace(preset, size=size, discriminator=judge, stages=stages)
