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

from workshop.training.augment import augment
from workshop.training.checkpoint import (
    NETWORKS,
    OPTIMISER,
    WEIGHTS,
    NetworkState,
    StageProgress,
    new_state,
    read_progress,
    read_state,
    state_from_weights,
    write_progress,
    write_state,
    write_weights,
)
from workshop.training.data import Pool
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual, discriminator_loss, gradient_penalty, weight_of
from workshop.training.presets import Preset, StageConfig
from workshop.training.run_folder import RunFolder
from workshop.training.stage import Outcome, Stage
from workshop.training.stages import STAGES

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
    state: NetworkState
    preset: Preset
    stage_config: StageConfig
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
        name: one of `stages.STAGES`.
        pool: where people come from; it outlives the stage.
        minutes: of wall clock from now; None: no limit.

    Raises:
        InputError: the run's folder holds something else.
        RuntimeError: gradients are not finite any more, many steps in a row.
    """
    run = _start(name, preset, pool, config, accelerator)
    folder = _open_folder(run, config) if accelerator.is_main_process else None
    try:
        _train(run, folder, config, math.inf if minutes is None else minutes)
    finally:
        if folder:
            folder.close()
    return run.state


def _start(name: str, preset: Preset, pool: Pool, config: LoopConfig, accelerator: Accelerator) -> _Run:
    device, stage_config = accelerator.device, preset.stages[name]
    state = current_state(preset.networks, config)
    kind = STAGES[name]
    stage = kind(state.networks(kind.trains, device), preset, stage_config, Perceptual(device))
    torch.manual_seed(config.seed)  # the same discriminator in every process
    judge = Discriminator(preset.discriminator).to(device).requires_grad_(False) if stage_config.adversarial else None
    adam = torch.optim.AdamW if stage_config.weight_decay else torch.optim.Adam
    rate, decay = stage_config.rate, stage_config.weight_decay
    optimiser = adam(stage.trained(), lr=rate, betas=stage_config.betas, weight_decay=decay)
    optimisers: dict[str, torch.optim.Optimizer] = {"adam": optimiser}
    if judge is not None:
        optimisers["judge_adam"] = torch.optim.Adam(judge.parameters(), lr=stage_config.judge_rate, betas=(0.0, 0.99))
    saved = read_progress(config.out / name / OPTIMISER, optimisers, judge)
    progress = saved or StageProgress(step=state.steps.get(name, 0), ema_step=state.steps.get(name, 0))
    torch.manual_seed(hash((config.seed, progress.step, accelerator.process_index)) % 2**62)
    ema = EMAModel(stage.trained(), decay=stage_config.ema)
    ema.optimization_step = progress.ema_step
    run = _Run(accelerator, stage, judge, optimisers, ema, pool, state, preset, stage_config, name, progress.step)
    run.minutes_before = state.minutes
    _prepare(run)
    return run


def current_state(networks: str, config: LoopConfig) -> NetworkState:
    """The networks that a run has come to: of its folder, of `config.start`, or untrained ones.

    Args:
        networks: name of their sizes.
    """
    if (config.out / NETWORKS).is_file():
        return read_state(config.out / NETWORKS, networks)
    if config.start is None:
        return new_state(networks, config.seed)
    whole_run = config.start.is_dir() or config.start.name == NETWORKS
    return read_state(config.start, networks) if whole_run else state_from_weights(config.start, networks)


def _prepare(run: _Run) -> None:
    """What needs data before the first step; then all processes have the first one's weights."""
    run.stage.prepare(_batch(run))
    _broadcast(run)
    # What was averaged before goes on; what `prepare` changed in untrained networks counts at once.
    names = _trained_names(run.stage)
    if run.step:
        run.ema.shadow_params = [run.state.ema[name].to(run.accelerator.device).clone() for name in names]
    else:
        run.ema.shadow_params = [parameter.detach().clone() for parameter in run.stage.trained()]


def _trained_names(stage: Stage) -> list[str]:
    modules = stage.nets.modules()
    return [f"{name}.{key}" for name in stage.trains for key, _ in modules[name].named_parameters()]


def _broadcast(run: _Run) -> None:
    """Every process takes the first one's weights."""
    if run.accelerator.num_processes > 1:
        for tensor in run.stage.nets.state_dict().values():
            tensor.copy_(broadcast(tensor.contiguous()))


def _batch(run: _Run) -> Batch:
    frames = run.stage.frames
    return augment(run.pool.batch(run.stage_config.people, frames), run.preset.augmentation)


def _train(run: _Run, folder: RunFolder | None, config: LoopConfig, minutes: float) -> None:
    saved_at = shown_at = time.monotonic()
    stop = run.step >= run.stage_config.steps
    while not stop:
        outcome, figures, stop = _step(run, minutes)
        now = time.monotonic()
        stop = stop or run.step >= run.stage_config.steps
        if folder:
            folder.add(figures)
            if now - shown_at > config.sheet_seconds or run.step == 1 or stop:
                shown_at = now
                folder.sheet(run.step, outcome.pictures)
            if run.step % config.tell_every == 0 or run.step == 1 or stop:
                _print_means(run, folder.write_means(run.step, now - run.began), config.quiet)
        if stop or now - saved_at > config.checkpoint_seconds:
            saved_at = now
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
            _discriminator_step(run, run.judge, outcome.fake, outcome.real)
    if run.stage.after_step(run.step):
        _broadcast(run)
    values = {**outcome.losses, **outcome.figures, "loss": loss}
    figures = {name: float(value.detach()) for name, value in values.items()}
    times = {"seconds": time.monotonic() - begun, "seconds for the batch": drawn - begun}
    return outcome, {**figures, **times, "gradient": norm, "people at hand": float(len(run.pool))}, stop


def _discriminator_step(run: _Run, judge: Discriminator, fake: Tensor, real: Tensor) -> None:
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
    gradients = [parameter.grad.flatten() for parameter in used if parameter.grad is not None]
    vector = torch.cat([*gradients, gradients[0].new_full((1,), float(stop))])
    if run.accelerator.num_processes > 1:
        vector = run.accelerator.reduce(vector, "mean")
    norm = float(vector[:-1].norm())
    optimiser = run.optimisers[name]
    if math.isfinite(norm):
        vector[:-1] *= min(1.0, run.stage_config.largest_gradient / max(norm, 1e-12))
        for parameter, gradient in zip(used, vector[:-1].split([len(flat) for flat in gradients]), strict=True):
            parameter.grad = gradient.view_as(parameter)
        if name == "adam":
            for group in optimiser.param_groups:
                group["lr"] = run.stage_config.rate * _rate_factor(run.stage_config, run.step)
        optimiser.step()
        run.bad_steps = 0
    else:
        run.bad_steps += 1
        if run.bad_steps >= _BAD_STEPS:
            raise RuntimeError(f"{run.name}: no finite gradients for {_BAD_STEPS} steps; lower the rate and go on")
    optimiser.zero_grad(set_to_none=True)
    return norm, bool(vector[-1] > 0)


def _rate_factor(config: StageConfig, step: int) -> float:
    """What the learning rate is multiplied with at a step: growing at first, with a cosine fading to 0 at the end."""
    factor = min(1.0, (step + 1) / config.warm_up) if config.warm_up else 1.0
    return factor * (0.5 + 0.5 * math.cos(math.pi * min(1.0, step / config.steps))) if config.cosine else factor


def _save(run: _Run, config: LoopConfig) -> None:
    run.state = _network_state(run)
    if run.accelerator.is_main_process:
        progress = StageProgress(step=run.step, ema_step=run.ema.optimization_step)
        write_state(run.state, config.out / NETWORKS)
        write_progress(config.out / run.name / OPTIMISER, progress, run.optimisers, run.judge)
        write_weights(run.state, config.out / WEIGHTS, {"perceptual loss": run.stage.perceptual.name})
    run.accelerator.wait_for_everyone()


def _network_state(run: _Run) -> NetworkState:
    """The line of descent with what this stage made of it."""
    raw = {name: value.detach().cpu().clone() for name, value in run.stage.nets.state_dict().items()}
    shadow = zip(_trained_names(run.stage), run.ema.shadow_params, strict=True)
    averaged = {name: value.detach().cpu().clone() for name, value in shadow}
    return dataclasses.replace(
        run.state,
        raw=raw,
        ema={**raw, **averaged},  # statistics of batches are averages already
        steps={**run.state.steps, run.name: run.step},
        minutes=run.minutes_before + run.minutes,
        people=run.pool.next_number,
    )


def _open_folder(run: _Run, config: LoopConfig) -> RunFolder:
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


def _print_means(run: _Run, means: dict[str, float], quiet: bool) -> None:
    if not quiet:
        figures = ", ".join(f"{name} {means[name]:.4g}" for name in means)
        print(f"{run.name} {run.step}/{run.stage_config.steps}, {run.minutes:.1f} min: {figures}", flush=True)
