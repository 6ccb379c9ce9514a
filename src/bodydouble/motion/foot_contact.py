"""When the feet of a recorded skeleton stand on the ground."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

from bodydouble.motion.clip import Clip
from bodydouble.motion.ground import find_ground
from bodydouble.motion.limb_stance import find_far_end
from bodydouble.person.landmarks import SIDES

_SPEED = 0.3  # m/s, the most at which a part of a foot that stands moves: recordings slide and tremble
_RISE_M = 0.05  # that it may be above where it usually stands
_USUAL = 0.1  # of the frames: so low is a part of a foot where it stands
_UPRIGHT_SHIN = 0.5  # sine of 30° above the ground: a foot stands under its knee
_SHORTEST_SECONDS = 0.1  # of a contact; gaps that are shorter are none
_SPEED_REACH = 2  # frames before and after between which the speed is measured, so that trembling counts less


def find_contacts(clip: Clip, roles: dict[str, int], positions: Tensor, heights: Tensor) -> dict[str, Tensor]:
    """(T, 2) booleans for each side: the heel stands, the ball of the foot stands.

    What the clip says of it counts; else it is where they are low and slow.

    Args:
        positions: (T, J, 3) of the clip's joints, metres of the body that it is brought to, y up.
        heights: (T,) of the lowest joint, metres.
    """
    shortest = max(2, round(_SHORTEST_SECONDS * clip.frames_per_second))
    stands = clip.contacts or _low_and_slow(clip, roles, positions, heights)
    return {
        side: torch.stack([_without_short(line, shortest) for line in parts.T], 1) for side, parts in stands.items()
    }


def runs(flags: Tensor) -> list[tuple[int, int]]:
    """First frame of each run of true flags (T,), and the first after it."""
    edges = pad(flags.int(), (1, 1)).diff()
    return list(zip((edges == 1).nonzero()[:, 0].tolist(), (edges == -1).nonzero()[:, 0].tolist(), strict=True))


def _low_and_slow(clip: Clip, roles: dict[str, int], positions: Tensor, heights: Tensor) -> dict[str, Tensor]:
    ground = find_ground(heights, clip.frames_per_second)
    contacts = {}
    for side in SIDES:
        ankle = roles[f"{side}_ankle"]
        toe = roles.get(f"{side}_toe", find_far_end(clip, ankle))
        parts = [positions[:, ankle], positions[:, ankle if toe is None else toe]]
        shin = normalize(positions[:, roles[f"{side}_knee"]] - parts[0], dim=-1)
        upright = shin[:, 1] > _UPRIGHT_SHIN
        contacts[side] = torch.stack([_stands(part, ground, clip.frames_per_second) & upright for part in parts], 1)
    return contacts


def _stands(part: Tensor, ground: Tensor, frames_per_second: float) -> Tensor:
    """(T,) True where a part of a foot, at (T, 3), is low and slow."""
    reach = min(_SPEED_REACH, (len(part) - 1) // 2)
    if reach == 0:
        return torch.zeros(len(part), dtype=torch.bool)
    padded = pad(part.T, (reach, reach), mode="replicate").T
    steps = torch.full((len(part),), 2.0 * reach)
    ends = torch.arange(reach)
    steps[ends] = steps[-1 - ends] = (reach + ends).float()  # the way is shorter at both ends
    speed = (padded[2 * reach :] - padded[: -2 * reach]).norm(dim=-1) / steps * frames_per_second
    height = part[:, 1] - ground
    return (speed < _SPEED) & (height < height.quantile(_USUAL) + _RISE_M)


def _without_short(flags: Tensor, shortest: int) -> Tensor:
    """Flags (T,) whose gaps, and then whose runs, of fewer frames are gone."""
    flags = flags.clone()
    for first, last in runs(~flags):
        if last - first < shortest and first > 0 and last < len(flags):
            flags[first:last] = True
    for first, last in runs(flags):
        if last - first < shortest:
            flags[first:last] = False
    return flags
