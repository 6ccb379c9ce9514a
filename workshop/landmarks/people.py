"""Random people: adults of Anny in MakeHuman's skins, hair and clothes, in moderate poses and faces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body.joints import FINGERS
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.values import BodyShape, Pose
from workshop.synthesis.body import PackedBody
from workshop.synthesis.garments.wardrobe import read_garment, read_image
from workshop.synthesis.garments.worn import Worn, fit_clothes, pose_layers
from workshop.synthesis.layers import Layer
from workshop.synthesis.pack.open import open_pack
from workshop.synthesis.poses.anatomy import average_anatomy, share_twist
from workshop.synthesis.poses.free_poses import everyday_turns
from workshop.synthesis.poses.hands import with_hands
from workshop.synthesis.poses.sample import with_shoulder_rhythm

_FACIAL = ("eyebrows", "eyelashes")


@dataclass(frozen=True, kw_only=True)
class WardrobePerson:
    """Somebody, before they strike a pose."""

    shape: BodyShape
    skin: Tensor  # 4×H×W
    worn: tuple[Worn, ...]  # from the outside inwards


class People:
    """Draws people from a wardrobe folder; every random choice comes from the generator that is passed."""

    def __init__(self, wardrobe: Path, body: PackedBody | None = None) -> None:
        """Open a wardrobe folder; `body` is that of its pack, where it is at hand. Raises InputError as `open_pack`."""
        self.wardrobe = wardrobe
        self.body = body or open_pack(wardrobe).body
        self._worn: dict[str, Worn] = {}

    def wear(self, name: str, texture: str | None = None) -> Worn:
        """The garment in the folder `name` ("clothes/shoes01"), in its own first texture or another image file."""
        key = f"{name}:{texture}"
        if key not in self._worn:
            garment = read_garment(next((self.wardrobe / name).glob("*.mhclo")))
            image = read_image(self.wardrobe / texture if texture else garment.textures[0])
            kind = {"clothes": "whole", "hair": "hair", "eyes": "eyes"}.get(name.split("/")[0], "facial hair")
            self._worn[key] = Worn(garment=garment, kind=kind, texture=image)
        return self._worn[key]

    def names(self, part: str) -> list[str]:
        """Garments of a part of the wardrobe ("hair"), as `wear` takes them."""
        return sorted(f"{part}/{path.parent.name}" for path in (self.wardrobe / part).glob("*/*.mhclo"))

    def identity(self, rng: np.random.Generator, dressed: bool = True) -> WardrobePerson:
        """A random adult; undressed and without hair on request, for pictures of the face."""
        body, female = self.body, bool(rng.integers(2))
        coefficients = body.mean_shape().coefficients.clone()
        count = len(body.phenotype_names)
        coefficients[:count] = torch.from_numpy(rng.uniform(0.3, 0.7, count)).float()
        coefficients[body.phenotype_names.index("gender")] = float(female)
        coefficients[body.phenotype_names.index("age")] = float(rng.uniform(0.6, 0.85))
        spread = 0.1 if dressed else 0.2
        coefficients[count:] = torch.from_numpy(rng.normal(0, spread, len(coefficients) - count)).float().clamp(-1, 1)
        sex = "female" if female else "male"
        skins = sorted((self.wardrobe / "skins").glob(f"*_{sex}*.jpg"))
        irises = sorted((self.wardrobe / "eyes/materials").glob("*.png"))
        iris = irises[rng.integers(len(irises))].relative_to(self.wardrobe)
        worn = [self.wear("eyes/low-poly", str(iris))] + [self._choice(rng, self.names(part)) for part in _FACIAL]
        if dressed:
            outfits = [name for name in self.names("clothes") if f"/{sex}_" in name]
            shoes = [name for name in self.names("clothes") if "/shoes" in name]
            worn += [self._choice(rng, options) for options in (outfits, shoes, self.names("hair"))]
        skin = read_image(skins[rng.integers(len(skins))])
        return WardrobePerson(shape=BodyShape(coefficients=coefficients), skin=skin, worn=tuple(worn))

    def _choice(self, rng: np.random.Generator, names: list[str]) -> Worn:
        return self.wear(names[rng.integers(len(names))])

    def expression(self, rng: np.random.Generator) -> Tensor:
        """(E,) half of the faces keep the mouth closed, the others open it; a third smile."""
        values = torch.zeros(len(self.body.expression_names))
        if rng.random() < 0.5:
            values[self.body.expression_names.index("jawOpen")] = float(rng.uniform(0.1, 0.5))
        if rng.random() < 0.3:
            for side in ("Left", "Right"):
                values[self.body.expression_names.index(f"mouthSmile{side}")] = float(rng.uniform(0.2, 0.7))
        return values

    def pose(self, rng: np.random.Generator) -> Pose:
        """As people stand before a camera, with relaxed hands; limbs may touch the body and sink into it a little."""
        anatomy, turns = average_anatomy(self.body), everyday_turns(rng)
        root = axis_angle_from_matrix(torch.from_numpy(turns.pop("root")).float())
        joints = share_twist(anatomy, with_shoulder_rhythm(anatomy, anatomy.joints(turns)))
        joints = with_hands(rng, anatomy, joints, relaxed=True)
        expression = torch.zeros(len(self.body.expression_names))
        return Pose(joints=joints, root_rotation=root, root_translation=torch.zeros(3), expression=expression)

    def hands(self, rng: np.random.Generator) -> Pose:
        """At rest, but for wrists turned a little and fingers bent towards the palm, each as it likes."""
        pose = self.rest_pose(torch.zeros(len(self.body.expression_names)))
        roles, rest = self.body.roles, self.body.rest(self.body.mean_shape()).joints
        for side, sign in (("left", 1.0), ("right", -1.0)):
            wrist, index, pinky = (rest[roles[f"{side}_{part}"]] for part in ("wrist", "index_1", "pinky_1"))
            out_of_palm = sign * torch.linalg.cross(index - wrist, pinky - wrist)
            pose.joints[roles[f"{side}_wrist"]] = torch.from_numpy(rng.normal(0, 0.3, 3)).float()
            for finger in FINGERS:
                first, second = (rest[roles[f"{side}_{finger}_{n}"]] for n in (1, 2))
                axis = normalize(torch.linalg.cross(second - first, out_of_palm), dim=0)
                for n in (1, 2, 3):
                    pose.joints[roles[f"{side}_{finger}_{n}"]] = float(rng.uniform(-0.1, 0.5)) * axis
        return pose

    def rest_pose(self, expression: Tensor) -> Pose:
        """Every joint at rest."""
        zero = torch.zeros(3)
        joints = torch.zeros(len(self.body.joint_names), 3)
        return Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=expression)

    def layers(self, identity: WardrobePerson, pose: Pose) -> list[Layer]:
        """What to draw; the first layer is the body, on base vertices."""
        fitted = fit_clothes(self.body, self.body.base_rest(identity.shape), identity.skin, identity.worn)
        return pose_layers(self.body, fitted, pose)
