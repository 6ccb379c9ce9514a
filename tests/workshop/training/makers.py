"""People that are quick to make: a ball of coloured stripes, turned. Processes that make people import this, too."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from workshop.training.data import Data
from workshop.training.frames import PersonFrames, pack_uv, to_bytes

COUNT = 4  # photographs of each


def striped_person(size: int, number: int) -> PersonFrames:
    """A ball seen from four sides; its colours are a function of its uv, so that textures can be checked."""
    place = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(place, place, indexing="ij")
    inside = x.square() + y.square() < 0.6
    longitude = torch.asin((x / 0.78).clamp(-1, 1)) / (2 * np.pi)
    tone = torch.rand(3, generator=torch.Generator().manual_seed(number))
    photos, masks, uvs = [], [], []
    for turn in range(COUNT):
        u = (longitude + turn / COUNT + 0.5) % 1
        uv = torch.where(inside, torch.stack([u, y / 2 + 0.5]), -1.0)
        colour = 0.5 + 0.4 * torch.cos(2 * np.pi * (u + tone[:, None, None]))
        photos.append(torch.where(inside, colour, 0.3))
        masks.append(inside.float())
        uvs.append(uv)
    photo, mask = torch.stack(photos), torch.stack(masks)
    cosine = to_bytes(mask * (1 - (x.square() + y.square()) / 0.7).clamp(0, 1))
    uv = pack_uv(torch.stack(uvs))
    face = torch.tensor([size / 4, size / 4, size / 2, size / 2]).expand(COUNT, 4).clone()
    return PersonFrames(
        photo=to_bytes(photo),
        rgba=to_bytes(torch.cat([photo, mask[:, None]], 1)),
        uv=uv,
        cosine=cosine,
        fitted_uv=uv,
        fitted_cosine=cosine,
        face=face,
    )


def maker(size: int) -> Callable[[int], PersonFrames]:
    """Makes striped people."""
    return partial(striped_person, size)


def striped_data(size: int = 64, count: int | None = None) -> Data:
    """As many of them as are wanted."""
    return Data(factory=partial(maker, size), count=count, fingerprint="stripes", kind="pack")


def train_two(out: Path) -> None:
    """What each of two processes does in the test of several processes."""
    from accelerate import Accelerator

    from workshop.training.data import Pool
    from workshop.training.loop import LoopConfig, train
    from workshop.training.presets import PRESETS

    torch.set_num_threads(1)
    accelerator = Accelerator(cpu=True)
    place, count = accelerator.process_index, accelerator.num_processes
    pool = Pool(striped_data(), accelerator.device, workers=0, gib=0.1, first=place, step=count)
    state = train("appearance", PRESETS["tiny"], pool, LoopConfig(out=out, quiet=True), accelerator)
    weights = torch.cat([value.flatten() for name, value in state.raw.items() if "running" not in name])
    everyone = accelerator.gather(weights[None])
    first = accelerator.gather(torch.tensor([pool.next_number]))
    if accelerator.is_main_process:
        print("processes", count, "apart", float((everyone - everyone[:1]).abs().max()), "people", first.tolist())
    accelerator.end_training()


if __name__ == "__main__":
    import sys

    train_two(Path(sys.argv[1]))
