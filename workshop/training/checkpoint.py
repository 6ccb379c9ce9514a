"""What a run keeps on disk, as tensors in safetensors files; nothing in them is ever executed.

    RUN/networks.safetensors            all networks, as trained ("raw/…") and averaged ("ema/…"), float32
    RUN/STAGE/optimiser.safetensors     Adam's moments, the discriminator, how far the stage has come

The networks of a run are one line of descent: each stage goes on from what the stage before it left, or it left itself
the last time. Without the second file a stage goes on with a fresh optimiser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bodydouble.dinar.networks import Networks, load_networks, new_networks
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.nn.store import halve, write_tensors

NETWORKS = "networks.safetensors"
WEIGHTS = "weights.safetensors"
OPTIMISER = "optimiser.safetensors"
PART_BYTES = 15 * 2**20  # of a part, under the 16 MiB that can be carried
_KEY = "training"
_STEPS = "steps, "  # before a stage's name, in the header of weights


@dataclass(frozen=True, kw_only=True)
class NetworkState:
    """All networks of a run by their tensors' names, on the CPU."""

    preset: str
    raw: Mapping[str, Tensor]
    ema: Mapping[str, Tensor]
    steps: Mapping[str, int] = field(default_factory=dict)  # done, by stage
    minutes: float = 0.0  # of training so far, all stages together
    people: int = 0  # number of the first person that was not made yet

    def networks(self, trained: tuple[str, ...], device: torch.device) -> Networks:
        """The networks on `device`: those that are trained as they were left, the others averaged."""
        networks = new_networks(self.preset, device)
        for name, module in networks.modules().items():
            source = self.raw if name in trained else self.ema
            module.load_state_dict({key: source[f"{name}.{key}"] for key in module.state_dict()})
        return networks


def new_state(preset: str, seed: int) -> NetworkState:
    """Untrained networks; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tensors = {name: value.clone() for name, value in new_networks(preset).state_dict().items()}
    return NetworkState(preset=preset, raw=tensors, ema=tensors)


def write_state(state: NetworkState, path: Path) -> None:
    """One file with everything."""
    _write(path, _all_tensors(state), _header(state))


def read_state(path: Path, preset: str) -> NetworkState:
    """What `write_state` wrote, or `write_parts` in the folder `path`.

    Raises:
        InputError: a file is missing, damaged, or of another preset.
    """
    files = sorted(path.glob("networks-*.safetensors")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no networks-*.safetensors; name another folder, or none to begin anew")
    tensors: dict[str, Tensor] = {}
    header: dict[str, Any] = {}
    for file in files:
        read, header = _read(file)
        tensors |= read
    if header.get("preset") != preset:
        raise InputError(f"{path} was trained with preset {header.get('preset')!r}, not {preset!r}; give --out another")
    raw, ema = (
        {name.removeprefix(prefix): value.float() if value.is_floating_point() else value for name, value in entries}
        for prefix, entries in (
            (kind, [each for each in tensors.items() if each[0].startswith(kind)]) for kind in ("raw/", "ema/")
        )
    )
    expected = {name: value.shape for name, value in new_networks(preset, "meta").state_dict().items()}
    for kind in (raw, ema):
        if {name: value.shape for name, value in kind.items()} != expected:
            raise InputError(f"{path} does not hold the networks of preset {preset}; a part may be missing")
    progress = {name: header[name] for name in ("steps", "minutes", "people") if name in header}
    return NetworkState(preset=preset, raw=raw, ema=ema, **progress)


def state_from_weights(path: Path, preset: str) -> NetworkState:
    """Networks that are in use already, to be trained further: what was averaged stands for what was trained.

    Raises:
        InputError: no file of networks, or of another preset.
    """
    networks = load_networks(path)
    if networks.preset != preset:
        raise InputError(f"{path} has preset {networks.preset!r}, not {preset!r}; choose other networks to begin with")
    source = networks.source
    steps = {name.removeprefix(_STEPS): int(count) for name, count in source.items() if name.startswith(_STEPS)}
    tensors = {**new_state(preset, 0).raw, **networks.state_dict()}  # what the file leaves out begins anew
    return NetworkState(preset=preset, raw=tensors, ema=tensors, steps=steps, minutes=float(source.get("minutes", 0)))


def write_parts(state: NetworkState, folder: Path, limit: int = PART_BYTES) -> list[Path]:
    """The same as float16 in as many files as it takes for each to stay under `limit` bytes; older ones go."""
    folder.mkdir(exist_ok=True)
    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in _all_tensors(state).items():
        small = value.half() if value.dim() > 1 else value
        if size + small.nbytes > limit and parts[-1]:
            parts.append({})
            size = 0
        parts[-1][name] = small
        size += small.nbytes
    written = [folder / f"networks-{number:02d}.safetensors" for number in range(len(parts))]
    for path, part in zip(written, parts, strict=True):
        _write(path, part, _header(state))
    for old in set(folder.glob("networks-*.safetensors")) - set(written):
        old.unlink()
    return written


def write_weights(state: NetworkState, path: Path, source: Mapping[str, str]) -> None:
    """The averaged networks as `bodydouble.load_networks` reads them, float16."""
    steps = {f"{_STEPS}{name}": str(count) for name, count in state.steps.items()}
    write_tensors(halve(state.ema), path, state.preset, {**source, **steps, "minutes": f"{state.minutes:.1f}"})


@dataclass(frozen=True, kw_only=True)
class StageProgress:
    """How far a stage has come."""

    step: int = 0
    ema_step: int = 0


def write_progress(
    path: Path, progress: StageProgress, optimisers: Mapping[str, torch.optim.Optimizer], judge: nn.Module | None
) -> None:
    """Adam's moments by the parameters' numbers, the discriminator by its tensors' names."""
    tensors: dict[str, Tensor] = {}
    for name, optimiser in optimisers.items():
        for number, state in optimiser.state_dict()["state"].items():
            tensors |= {f"{name}/{number}/{key}": torch.as_tensor(value) for key, value in state.items()}
    if judge is not None:
        tensors |= {f"judge/{key}": value for key, value in judge.state_dict().items()}
    _write(path, tensors, vars(progress))


def read_progress(
    path: Path, optimisers: Mapping[str, torch.optim.Optimizer], judge: nn.Module | None
) -> StageProgress | None:
    """Bring optimisers and discriminator to where they were; None where there is no such file.

    Raises:
        InputError: the file is damaged, or of another configuration.
    """
    if not path.is_file():
        return None
    tensors, header = _read(path)
    try:
        for name, optimiser in optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                owner, _, rest = key.partition("/")
                if owner == name:
                    place, _, what = rest.partition("/")
                    state.setdefault(int(place), {})[what] = value
            groups = optimiser.state_dict()["param_groups"]
            parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
            for number, values in state.items():
                if values["exp_avg"].shape != parameters[number].shape:
                    raise ValueError(f"moment {number} has another shape")
            optimiser.load_state_dict({"state": state, "param_groups": groups})
        if judge is not None:
            judge.load_state_dict({key: tensors[f"judge/{key}"] for key in judge.state_dict()})
        return StageProgress(**header)
    except (KeyError, ValueError, RuntimeError, IndexError, TypeError) as error:
        raise InputError(
            f"{path} does not fit this stage ({error}); remove it to go on with a new optimiser"
        ) from error


def _all_tensors(state: NetworkState) -> dict[str, Tensor]:
    kinds = (("raw", state.raw), ("ema", state.ema))
    return {f"{kind}/{name}": value for kind, tensors in kinds for name, value in tensors.items()}


def _header(state: NetworkState) -> dict[str, Any]:
    return {name: value for name, value in vars(state).items() if name not in ("raw", "ema")}


def _write(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    with whole_file(path) as temporary:
        # Cloned: raw and averaged weights may be the same tensors, which the format does not allow.
        apart = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        save_file(apart, temporary, {_KEY: json.dumps(dict(header))})


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_KEY])
            return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no checkpoint of training, or is damaged: {error}") from error
