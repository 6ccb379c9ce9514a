"""The only training loop: step, moving average, checkpoint, resume, on one process or many.

Every process makes people of its own and computes gradients; these are averaged, so all processes hold the same
weights. Gradients travel as one vector, whose last entry says whether a process wants to stop: all stop together.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from diffusers.training_utils import EMAModel
from torch import Tensor, nn

from workshop.training.augment import augmented
from workshop.training.checkpoint import (
    NETWORKS,
    OPTIMISER,
    WEIGHTS,
    NetworkState,
    StageProgress,
    from_weights,
    new_lineage,
    read_lineage,
    read_progress,
    write_lineage,
    write_progress,
    write_weights,
)
from workshop.training.data import Pool
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual, discriminator_loss, gradient_penalty, weight_of
from workshop.training.presets import PhaseConfig, Preset
from workshop.training.run_folder import RunFolder
from workshop.training.stage import Outcome, Stage
from workshop.training.stages import PHASES

_BAD_STEPS = 25  # in a row without finite gradients, after which training has failed


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """What can be chosen about a run, beside its preset."""

    out: Path  # the run's folder
    start: Path | None = None  # networks to begin with, where the folder has none: a run's, parts, or weights
    seed: int = 0
    checkpoint_seconds: float = 120.0
    sheet_seconds: float = 120.0
    tell_every: int = 20  # steps
    quiet: bool = False


@dataclass
class _Run:
    """A stage under way."""

    accelerator: Accelerator
    stage: Stage
    judge: Discriminator | None
    optimisers: dict[str, torch.optim.Optimizer]
    ema: EMAModel
    pool: Pool
    lineage: NetworkState
    preset: Preset
    phase: PhaseConfig
    name: str
    step: int = 0
    minutes_before: float = 0.0
    began: float = field(default_factory=time.monotonic)
    bad_steps: int = 0

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self.began) / 60


def train(
    name: str, preset: Preset, pool: Pool, config: LoopConfig, accelerator: Accelerator, minutes: float | None = None
) -> NetworkState:
    """Train one stage until its steps are done or the time is over; the same call goes on from there.

    Args:
        name: one of `stages.PHASES`.
        pool: where people come from; it outlives the stage.
        minutes: of wall clock from now; None: no limit.

    Raises:
        InputError: the run's folder holds something else.
        RuntimeError: gradients are not finite any more, many steps in a row.
    """
    run = _started(name, preset, pool, config, accelerator)
    folder = _folder(run, config) if accelerator.is_main_process else None
    try:
        _train(run, folder, config, math.inf if minutes is None else minutes)
    finally:
        if folder:
            folder.close()
    return run.lineage


def _started(name: str, preset: Preset, pool: Pool, config: LoopConfig, accelerator: Accelerator) -> _Run:
    device, phase = accelerator.device, preset.phases[name]
    lineage = current_lineage(preset.networks, config)
    kind = PHASES[name]
    stage = kind(lineage.networks(kind.trains, device), preset, phase, Perceptual(device))
    torch.manual_seed(config.seed)  # the same discriminator in every process
    judge = Discriminator(preset.discriminator).to(device).requires_grad_(False) if phase.adversarial else None
    adam = torch.optim.AdamW if phase.weight_decay else torch.optim.Adam
    optimisers: dict[str, torch.optim.Optimizer] = {
        "adam": adam(stage.trained(), lr=phase.rate, betas=phase.betas, weight_decay=phase.weight_decay)
    }
    if judge is not None:
        optimisers["judge_adam"] = torch.optim.Adam(judge.parameters(), lr=phase.judge_rate, betas=(0.0, 0.99))
    saved = read_progress(config.out / name / OPTIMISER, optimisers, judge)
    progress = saved or StageProgress(step=lineage.steps.get(name, 0), ema_step=lineage.steps.get(name, 0))
    torch.manual_seed(hash((config.seed, progress.step, accelerator.process_index)) % 2**62)
    ema = EMAModel(stage.trained(), decay=phase.ema)
    ema.optimization_step = progress.ema_step
    run = _Run(accelerator, stage, judge, optimisers, ema, pool, lineage, preset, phase, name, progress.step)
    run.minutes_before = lineage.minutes
    _prepare(run)
    return run


def current_lineage(networks: str, config: LoopConfig) -> NetworkState:
    """The networks that a run has come to: of its folder, of `config.start`, or untrained ones.

    Args:
        networks: name of their sizes.
    """
    if (config.out / NETWORKS).is_file():
        return read_lineage(config.out / NETWORKS, networks)
    if config.start is None:
        return new_lineage(networks, config.seed)
    whole_run = config.start.is_dir() or config.start.name == NETWORKS
    return read_lineage(config.start, networks) if whole_run else from_weights(config.start, networks)


def _prepare(run: _Run) -> None:
    """What needs data before the first step; then all processes have the first one's weights."""
    run.stage.prepare(_batch(run))
    _share(run)
    # What was averaged before goes on; what `prepare` changed in untrained networks counts at once.
    names = _trained_names(run.stage)
    if run.step:
        run.ema.shadow_params = [run.lineage.ema[name].to(run.accelerator.device).clone() for name in names]
    else:
        run.ema.shadow_params = [parameter.detach().clone() for parameter in run.stage.trained()]


def _trained_names(stage: Stage) -> list[str]:
    modules = stage.nets.modules()
    return [f"{name}.{key}" for name in stage.trains for key, _ in modules[name].named_parameters()]


def _share(run: _Run) -> None:
    """Every process takes the first one's weights."""
    if run.accelerator.num_processes > 1:
        for tensor in run.stage.nets.state_dict().values():
            tensor.copy_(broadcast(tensor.contiguous()))


def _batch(run: _Run) -> Batch:
    frames = run.stage.frames
    return augmented(run.pool.batch(run.phase.people, frames), run.preset.augmentation)


def _train(run: _Run, folder: RunFolder | None, config: LoopConfig, minutes: float) -> None:
    saved = shown = time.monotonic()
    stop = run.step >= run.phase.steps
    while not stop:
        outcome, figures, stop = _step(run, minutes)
        now = time.monotonic()
        stop = stop or run.step >= run.phase.steps
        if folder:
            folder.add(figures)
            if now - shown > config.sheet_seconds or run.step == 1 or stop:
                shown = now
                folder.sheet(run.step, outcome.pictures)
            if run.step % config.tell_every == 0 or run.step == 1 or stop:
                _tell(run, folder.tell(run.step, now - run.began), config.quiet)
        if stop or now - saved > config.checkpoint_seconds:
            saved = now
            _save(run, config)


def _step(run: _Run, minutes: float) -> tuple[Outcome, dict[str, float], bool]:
    """One step of the stage and of the discriminator; what to look at, and whether to stop."""
    begun = time.monotonic()
    batch = _batch(run) if run.stage.needs_people(run.step) else None
    drawn = time.monotonic()
    with run.accelerator.autocast():
        outcome = run.stage(batch, run.judge)
    loss = torch.stack(
        [value.float() * weight_of(name, run.preset.weights) for name, value in outcome.losses.items()]
    ).sum()
    loss.backward()
    norm, stop = _apply(run, "adam", run.stage.trained(), run.minutes >= minutes)
    run.step += 1
    if math.isfinite(norm):
        run.ema.step(run.stage.trained())
        if run.judge is not None and outcome.fake is not None and outcome.real is not None:
            _judge_step(run, run.judge, outcome.fake, outcome.real)
    if run.stage.after_step(run.step):
        _share(run)
    values = {**outcome.losses, **outcome.figures, "loss": loss}
    figures = {name: float(value.detach()) for name, value in values.items()}
    times = {"seconds": time.monotonic() - begun, "seconds for the batch": drawn - begun}
    return outcome, {**figures, **times, "gradient": norm, "people at hand": float(len(run.pool))}, stop


def _judge_step(run: _Run, judge: Discriminator, fake: Tensor, real: Tensor) -> None:
    """The discriminator's own step, now and then with R1, which then counts for all steps in between."""
    judge.requires_grad_(True)
    with run.accelerator.autocast():
        loss = discriminator_loss(judge, fake, real).float()
    weights = run.preset.weights
    if run.step % weights.r1_every == 0:
        loss = loss + weights.r1 * weights.r1_every * gradient_penalty(judge, real.float())
    loss.backward()
    _apply(run, "judge_adam", list(judge.parameters()), False)
    judge.requires_grad_(False)


def _apply(run: _Run, name: str, parameters: Sequence[nn.Parameter], stop: bool) -> tuple[float, bool]:
    """Average the gradients over the processes, clip them, take the step; their norm, and whether any wants to stop.

    Steps whose gradients are not finite are left out.
    """
    used = [parameter for parameter in parameters if parameter.grad is not None]
    parts = [parameter.grad.flatten() for parameter in used if parameter.grad is not None]
    vector = torch.cat([*parts, parts[0].new_full((1,), float(stop))])
    if run.accelerator.num_processes > 1:
        vector = run.accelerator.reduce(vector, "mean")
    norm = float(vector[:-1].norm())
    optimiser = run.optimisers[name]
    if math.isfinite(norm):
        vector[:-1] *= min(1.0, run.phase.largest_gradient / max(norm, 1e-12))
        for parameter, gradient in zip(used, vector[:-1].split([len(part) for part in parts]), strict=True):
            parameter.grad = gradient.view_as(parameter)
        if name == "adam":
            for group in optimiser.param_groups:
                group["lr"] = run.phase.rate * _rate_share(run.phase, run.step)
        optimiser.step()
        run.bad_steps = 0
    else:
        run.bad_steps += 1
        if run.bad_steps >= _BAD_STEPS:
            raise RuntimeError(f"{run.name}: no finite gradients for {_BAD_STEPS} steps; lower the rate and go on")
    optimiser.zero_grad(set_to_none=True)
    return norm, bool(vector[-1] > 0)


def _rate_share(phase: PhaseConfig, step: int) -> float:
    """Share of the learning rate at a step: growing at first, and with a cosine fading to nothing at the end."""
    share = min(1.0, (step + 1) / phase.warm_up) if phase.warm_up else 1.0
    return share * (0.5 + 0.5 * math.cos(math.pi * min(1.0, step / phase.steps))) if phase.cosine else share


def _save(run: _Run, config: LoopConfig) -> None:
    run.lineage = _descendant(run)
    if run.accelerator.is_main_process:
        progress = StageProgress(step=run.step, ema_step=run.ema.optimization_step)
        write_lineage(run.lineage, config.out / NETWORKS)
        write_progress(config.out / run.name / OPTIMISER, progress, run.optimisers, run.judge)
        write_weights(run.lineage, config.out / WEIGHTS, {"perceptual loss": run.stage.perceptual.name})
    run.accelerator.wait_for_everyone()


def _descendant(run: _Run) -> NetworkState:
    """The line of descent with what this stage made of it."""
    raw = {name: value.detach().cpu().clone() for name, value in run.stage.nets.state_dict().items()}
    shadow = zip(_trained_names(run.stage), run.ema.shadow_params, strict=True)
    averaged = {name: value.detach().cpu().clone() for name, value in shadow}
    return dataclasses.replace(
        run.lineage,
        raw=raw,
        ema={**raw, **averaged},  # statistics of batches are averages already
        steps={**run.lineage.steps, run.name: run.step},
        minutes=run.minutes_before + run.minutes,
        people=run.pool.next_number,
    )


def _folder(run: _Run, config: LoopConfig) -> RunFolder:
    data = run.pool.data
    about = {
        "stage": run.name,
        "preset": dataclasses.asdict(run.preset),
        "seed": config.seed,
        "data": {"kind": data.kind, "people": data.count, "fingerprint": data.fingerprint},
        "perceptual loss": run.stage.perceptual.name,
        "processes": run.accelerator.num_processes,
        "device": str(run.accelerator.device),
        "started from": str(config.start or "nothing"),
        "first step": run.step,
    }
    return RunFolder(config.out / run.name, about)


def _tell(run: _Run, means: dict[str, float], quiet: bool) -> None:
    if not quiet:
        told = ", ".join(f"{name} {means[name]:.4g}" for name in means)
        print(f"{run.name} {run.step}/{run.phase.steps}, {run.minutes:.1f} min: {told}", flush=True)
