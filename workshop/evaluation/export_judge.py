"""The discriminator that a stage of a training run left, as a judge's file; see `measures.judge`.

python -m workshop.evaluation.export_judge RUN/STAGE/optimiser.safetensors --preset lite -o judge.safetensors
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError, safe_open

from bodydouble.errors import InputError
from workshop.commands import exit_with_message
from workshop.evaluation.measures.judge import RESOLUTIONS, load_judge, save_judge
from workshop.training.discriminator import Discriminator, DiscriminatorConfig
from workshop.training.presets import PRESETS


def judge_of_run(path: Path, config: DiscriminatorConfig) -> Discriminator:
    """The discriminator in what a stage of a run keeps of its optimisers (see `workshop.training.checkpoint`).

    Raises:
        InputError: the file cannot be read, or has no discriminator of these sizes.
    """
    judge, prefix = Discriminator(config), "judge/"
    try:
        with safe_open(path, "pt") as file:
            tensors = {
                name.removeprefix(prefix): file.get_tensor(name) for name in file.keys() if name.startswith(prefix)
            }
        judge.load_state_dict(tensors)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not what a stage of a run keeps: {error}") from error
    except RuntimeError:
        what = f"of {config.resolution} pixels" if tensors else "at all"
        raise InputError(f"{path} has no discriminator {what}; name another stage, --preset or --size") from None
    return judge


def main(arguments: list[str] | None = None) -> None:
    """Write the file; 0 on success, 2 for the caller's mistake."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.evaluation.export_judge", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("run", type=Path, metavar="RUN/STAGE/optimiser.safetensors")
    parser.add_argument("--preset", required=True, choices=tuple(PRESETS), help="of the run")
    parser.add_argument(
        "--size", type=int, choices=RESOLUTIONS, help="pixels a side of the run's pictures, if not the preset's"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    config = PRESETS[options.preset].discriminator
    with exit_with_message():
        judge = judge_of_run(options.run, replace(config, resolution=options.size or config.resolution))
        stage, run = options.run.absolute().parent.name, options.run.absolute().parents[1].name
        save_judge(judge, options.out, {"run": run, "stage": stage, "preset": options.preset})
        load_judge(options.out)


if __name__ == "__main__":
    main()
