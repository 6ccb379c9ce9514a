"""Deep settings of the fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How many steps are taken, and what each of the losses weighs."""

    # Where EXIF is silent, in image diagonals (a 60 mm lens). Heads, seen from the height of the trunk, stand the most
    # upright at 1.6 on 13 photographs, at 1.4 on 12 drawn people; landmarks fit equally well at all of them.
    focal_diagonals: float = 1.4
    torso_steps: int = 40
    limb_steps: int = 60
    full_steps: int = 90
    arm_steps: int = 30  # of arms alone, where another depth is more natural than the detector's
    silhouette_every: int = 2  # steps, of which one looks at the silhouette: it takes most of the time
    silhouette_px: int = 192  # side of the square in which silhouettes are compared
    pose_weight: float = 2e-5
    shape_weight: float = 1e-3
    expression_weight: float = 2e-4
    depth_weight: float = 0.02
    balance_weight: float = 1.0
    # Of who stands: one whom the detector bent by 20 degrees stood at 6, five others moved by 0 to 6.
    lean_weight: float = 0.06
    silhouette_weight: float = 0.2
    contact_weight: float = 2e-3  # a wrist leaves its pixel by about a centimetre at most for it
    hanging_weight: float = 0.2  # of limbs that the photo does not show; 0.02 lets a bit of a thigh tilt both legs
    height_weight: float = 10.0  # of the squared share by which a known height is missed: 1 mm off at most
