"""What differs in a `.glb` for one program or another."""

from __future__ import annotations

from dataclasses import dataclass

from bodydouble.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A way to write a `.glb`."""

    use: str  # what it is for, in a few words
    t_pose: bool = False  # at rest in the T-pose, with all toes on one bone; else in the body model's rest pose
    prefix: str = ""  # before the names of all bones, which are those of Mixamo's rig
    root_bone: str = ""  # name of a bone at the origin on which the hips hang; "": there is none
    armature: str = ""  # name of a node above all others; "": there is none
    axes_along_bones: bool = False  # joints are turned at rest, as in Mixamo's rig: y along the bone
    mouth: bool = True  # teeth and a tongue
    visemes: bool = False  # the 15 of Oculus' lip sync beside ARKit's 52 shapes
    compact: bool = False  # vertices in small integers, and WebP textures
    lit: bool = True  # by lamps; else it looks as in the photo, whose light is in the texture


DEFAULT = Profile(use="no program in particular", mouth=False)
PROFILES = {
    "blender": Profile(use="an armature whose rest pose is that of the double"),
    "unity": Profile(use="a humanoid avatar without mapping by hand", t_pose=True, visemes=True),
    "unreal": Profile(use="a skeletal mesh under a root bone", root_bone="root"),
    "mixamo": Profile(use="Mixamo's clips", t_pose=True, prefix="mixamorig:", axes_along_bones=True),
    "talkinghead": Profile(
        use="TalkingHead", t_pose=True, armature="Armature", axes_along_bones=True, visemes=True, lit=False
    ),
    "web": Profile(use="the smallest file", compact=True),
}


def find_profile(name: str | None) -> Profile:
    """The profile of that name; None: the default. Raises InputError: there is none of that name."""
    if name is None:
        return DEFAULT
    if name not in PROFILES:
        raise InputError(f"nothing is known of exporting for {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name]
