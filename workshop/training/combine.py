"""Put networks that were trained in different runs together as one run.

python -m workshop.training.combine --out RUN FIRST:encoder,generator,renderer SECOND:vqgan,denoiser

Stages that do not look at each other's networks can be trained at the same time, in runs of their own: with `lite`,
whose VQGAN knows nothing of features, the first stage on one side, VQGAN and diffusion model on the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from bodydouble.dinar.networks import new_networks
from bodydouble.errors import InputError
from workshop.commands import exit_with_message
from workshop.training.checkpoint import NETWORKS, WEIGHTS, NetworkState, read_state, write_state, write_weights


def combine_states(parts: Sequence[tuple[NetworkState, Sequence[str]]]) -> NetworkState:
    """One state of several, with the networks named from each.

    Raises:
        InputError: a network is named twice, or not at all.
    """
    preset = parts[0][0].preset
    expected = list(new_networks(preset, "meta").modules())
    named = [name for _, names in parts for name in names]
    if sorted(named) != sorted(expected):
        raise InputError(f"take every network from one run: {', '.join(expected)}; named: {', '.join(named)}")
    prefixes = [(state, tuple(f"{name}." for name in names)) for state, names in parts]
    raw, ema = (
        {
            key: value
            for state, names in prefixes
            for key, value in getattr(state, kind).items()
            if key.startswith(names)
        }
        for kind in ("raw", "ema")
    )
    states = [state for state, _ in parts]
    stages = {stage for state in states for stage in state.steps}
    return NetworkState(
        preset=preset,
        raw=raw,
        ema=ema,
        steps={stage: max(state.steps.get(stage, 0) for state in states) for stage in sorted(stages)},
        minutes=sum(state.minutes for state in states),
        people=max(state.people for state in states),
    )


def main() -> None:
    """Read, combine, write; the exit status is 2 for the caller's mistake."""
    parser = argparse.ArgumentParser(prog="python -m workshop.training.combine", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", metavar="RUN:NETWORK,...", help="a run, and what is taken from it")
    parser.add_argument("--sampler-steps", type=int, help="that suit the denoiser, told to whoever uses the weights")
    parser.add_argument("--preset", default="lite", help="of the networks")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder, made where its parent exists")
    arguments = parser.parse_args()
    with exit_with_message():
        named = [part.rpartition(":") for part in arguments.parts]
        state = combine_states(
            [(read_state(Path(run) / NETWORKS, arguments.preset), names.split(",")) for run, _, names in named]
        )
        if not arguments.out.parent.is_dir():
            raise InputError(f"cannot write {arguments.out}: {arguments.out.parent} does not exist; create it first")
        arguments.out.mkdir(exist_ok=True)
        write_state(state, arguments.out / NETWORKS)
        steps = {} if arguments.sampler_steps is None else {"sampler steps": str(arguments.sampler_steps)}
        write_weights(state, arguments.out / WEIGHTS, steps)


if __name__ == "__main__":
    main()
