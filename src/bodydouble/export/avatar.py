"""What the extensions of a VRM file are made of, whichever version: the double as its file numbers it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bodydouble.values import Surface, SurfaceKind

_IN_VIEW = (SurfaceKind.HAIR, SurfaceKind.HAT, SurfaceKind.TEETH)  # that whoever wears the avatar would see from inside
# Degrees: as far as eyes turn, by as much. Lids do not follow the eyes' bones, so less up and down.
GAZE_SIDEWAYS, GAZE_UPRIGHT = 28.0, 16.0


@dataclass(frozen=True, kw_only=True)
class Credits:
    """Whose avatar it is."""

    name: str
    author: str = "not named"


@dataclass(frozen=True, kw_only=True)
class Avatar:
    """A double in T-pose in a glTF file. Nodes 0 to J-1 are the body's joints."""

    credits: Credits
    joints: Tensor  # J×3, metres
    bones: dict[str, int]  # joints by the names of VRM's bones
    expression_names: tuple[str, ...]  # of the morph targets, in their order
    morphed_nodes: tuple[int, ...]  # that carry meshes with these targets
    mesh_nodes: tuple[int, ...]  # that carry meshes, the body's first
    attached: tuple[Surface, ...]  # what the other meshes are
    first_chain_nodes: tuple[int, ...]  # of each of these, the node of its first chain joint
    portrait: int  # image of the head; in 0.x the texture of that number
    material_names: tuple[str, ...]

    @property
    def views(self) -> tuple[str, ...]:
        """Of each mesh, whether its wearer sees it: "auto" (what of it hangs on the head, not), "both" or
        "thirdPersonOnly"."""
        others = ("thirdPersonOnly" if surface.kind in _IN_VIEW else "both" for surface in self.attached)
        return ("auto", *others)

    @property
    def eyes_from_head(self) -> Tensor:
        """(3,) metres: the middle between the eyes, from the head's joint; a guess for bodies without joints there."""
        head = self.joints[self.bones["head"]]
        if "leftEye" not in self.bones or "rightEye" not in self.bones:
            return head.new_tensor([0.0, 0.06, 0.0])
        return (self.joints[self.bones["leftEye"]] + self.joints[self.bones["rightEye"]]) / 2 - head
