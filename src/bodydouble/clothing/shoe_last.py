"""The form that a shoe is built on, as a shoemaker's last: measured on the foot, in the foot's own axes.

Along runs from the heel's end to the toes, across to the body's left, up from the ground; all in metres.

        up   ridge ──────╮            across      ╭──────────────╮
                          ╰────╮          outline │              │ toe cap
             heel          toe │                  ╰──────────────╯
             └─────────────────┘ along            └─────────────────┘ along
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.clothing.footwear import FootFrame
from bodydouble.clothing.row_spans import even_line

STATIONS = 64  # along the foot, at which it is measured
_SLAB = 0.05  # of the foot's length, half the stretch that a station looks at
_LOW_M = 0.05  # up to where a foot is as wide as its shoe
_SMOOTH = 3.0  # stations, of the smoothing
_LEG_M = 0.02  # below and above a collar, where the leg in it is measured
_UPPER_M = 0.004  # thickness of leather or cloth
# Shares of the foot's length, set by eye; slenderness beside the outlines of six ready-made shoes.
_TOE = 0.34  # length of the toe cap, over which the outline closes
_HEEL = 0.14  # the same of the heel's
_TOE_TAPER = 0.14  # share by which the toe cap's width falls before it closes
_BALL = 0.66  # from here to the tip toes are a toe box
_SLENDER = 0.93  # of the body model's feet, which are wider than those of people in shoes
_ROUND = 2.3  # exponent of superellipses: 2 is round, more is boxy
_FULL = 3.4  # the same of a round toe from the side: less, and shoes ran out flat, as slippers do


@dataclass(frozen=True, kw_only=True)
class Last:
    """The form of one foot's shoe."""

    length: float  # metres, the foot's
    start: float  # metres along, the shoe's end behind the heel
    end: float  # metres along, the shoe's tip
    middle: Tensor  # (STATIONS,), metres across, from 0 to `length` along
    half: Tensor  # (STATIONS,), metres: half widths before the caps close
    ridge: Tensor  # (STATIONS,), metres up: the upper's highest line
    round_toe: float  # exponent of the toe cap's outline
    full_toe: float  # the same of the toe cap from the side
    leg_back: float  # metres along, where the leg in the collar begins
    leg_half: float  # metres, half its width

    def at(self, line: Tensor, along: Tensor) -> Tensor:
        """One of the lines at places along (…), metres."""
        place = (along / self.length).clamp(0, 1) * (STATIONS - 1)
        low = place.floor().long().clamp(max=STATIONS - 2)
        return torch.lerp(line[low], line[low + 1], place - low)

    def outline(self, count: int) -> tuple[Tensor, Tensor]:
        """(2·count,) metres along and across: the footprint, from the heel over the left side to the toes and back.

        Places lie at even steps on each side.
        """
        turn = torch.linspace(0, torch.pi, 400)
        along = self.start + (self.end - self.start) * (1 - turn.cos()) / 2
        width = self.at(self.half, along) * self.cap(along)
        sides = []
        for sign in (1.0, -1.0):
            line = torch.stack([along, self.at(self.middle, along) + sign * width], 1)
            sides.append(resample(line, count + 1))
        around = torch.cat([sides[0][:-1], sides[1].flip(0)[:-1]])
        return around[:, 0], around[:, 1]

    def height(self, along: Tensor, across: Tensor) -> Tensor:
        """Metres up of the upper above places (…) inside the outline; 0 on it."""
        beyond = (across - self.at(self.middle, along)).abs() / self.at(self.half, along)
        toe, heel = self._into_caps(along)
        radial = ((beyond**_ROUND + toe**self.full_toe + heel**_ROUND).clamp(max=1)).pow(1 / _ROUND)
        return self.at(self.ridge, along) * (1 - radial**_ROUND).clamp_min(0).pow(1 / _ROUND)

    def _into_caps(self, along: Tensor) -> tuple[Tensor, Tensor]:
        """How far places along lie in the toe's and in the heel's cap: 0 at its beginning, 1 at the shoe's end."""
        toe, heel = self.end - _TOE * self.length, self.start + _HEEL * self.length
        into_toe = ((along - toe) / (self.end - toe)).clamp(0, 1)
        return into_toe, ((heel - along) / (heel - self.start)).clamp(0, 1)

    def cap(self, along: Tensor) -> Tensor:
        """[0, 1]: how much of the half width is left at places along (…), metres, where the ends close."""
        toe, heel = self._into_caps(along)
        front = (1 - toe**self.round_toe).clamp_min(0).pow(1 / self.round_toe)
        return front * (1 - heel**2).clamp_min(0).sqrt()


def measure_last(
    points: Tensor, frame: FootFrame, toe_height: float, collar: float, pointed: bool, ends: tuple[float, float]
) -> Last:
    """The last of a foot.

    Args:
        points: V×3, metres, the bare body at rest; of legs unlike in length one foot is above the other.
        toe_height: metres, of the toe box.
        collar: metres, height of the opening behind.
        pointed: its toe narrows, as that of pumps does.
        ends: shares of the foot's length, by which the shoe goes on behind the heel and in front of the toes.
    """
    along, across = frame.along[frame.inside], frame.across[frame.inside]
    up = points[frame.inside, 1] - frame.ground
    left, right, top = (np.full(STATIONS, np.nan) for _ in range(3))
    for station in range(STATIONS):
        near = (along / frame.length - station / (STATIONS - 1)).abs() < _SLAB
        low = near & (up < _LOW_M)
        if bool(low.any()):
            left[station], right[station] = float(across[low].max()), float(across[low].min())
        if bool(near.any()):
            top[station] = float(up[near].max())
    ratio = torch.linspace(0, 1, STATIONS)
    middle, half, ridge = (even_line(line, _SMOOTH) for line in ((left + right) / 2, (left - right) / 2, top))
    ridge = torch.maximum(ridge, ridge.flip(0).cummax(0).values.flip(0)) + _UPPER_M
    fore = ((ratio - _BALL) / (1 - _BALL)).clamp(0, 1)
    ball = int(_BALL * (STATIONS - 1))
    half = _SLENDER * torch.where(fore > 0, half[ball], half) * (1 - _TOE_TAPER * fore) + _UPPER_M
    middle = torch.where(fore > 0, torch.lerp(middle[ball].expand_as(middle), middle, 0.5), middle)
    heel = int(_HEEL * (STATIONS - 1))
    leg = (points[:, 1] - frame.ground - collar).abs() < _LEG_M
    leg &= (frame.across - across.mean()).abs() < frame.length / 3
    half[:heel], middle[:heel] = half[heel], middle[heel]
    ridge = torch.where(
        fore > 0, torch.lerp(ridge[ball].expand_as(ridge), torch.tensor(toe_height), fore.sqrt()), ridge
    )
    return Last(
        length=frame.length,
        start=-ends[0] * frame.length,
        end=(1 + ends[1]) * frame.length,
        middle=middle,
        half=half,
        ridge=torch.from_numpy(gaussian_filter1d(ridge.numpy(), _SMOOTH, mode="nearest")),
        round_toe=1.6 if pointed else 2.2,
        full_toe=_ROUND if pointed else _FULL,
        leg_back=float(frame.along[leg].min()),
        leg_half=float(frame.across[leg].max() - frame.across[leg].min()) / 2,
    )


def resample(line: Tensor, count: int) -> Tensor:
    """count×D: places at even steps on a line of N×D points."""
    steps = (line[1:] - line[:-1]).norm(dim=1)
    length = torch.cat([steps.new_zeros(1), steps.cumsum(0)])
    wanted = torch.linspace(0, float(length[-1]), count)
    after = torch.searchsorted(length, wanted).clamp(1, len(line) - 1)
    fraction = (wanted - length[after - 1]) / (length[after] - length[after - 1]).clamp_min(1e-9)
    return torch.lerp(line[after - 1], line[after], fraction[:, None])
