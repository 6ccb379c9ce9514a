"""One file of a double for other programs; the end of its name tells the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.export.at_t_pose import motion_from_t_pose, stand_in_t_pose
from bodydouble.export.avatar import Credits
from bodydouble.export.glb import write_glb
from bodydouble.export.humanoid import gather_toes
from bodydouble.export.mouth import open_mouth
from bodydouble.export.profiles import find_profile
from bodydouble.export.simplify import simplify
from bodydouble.export.texture_size import resize_textures
from bodydouble.export.vrm import write_vrm
from bodydouble.export.vrma import write_vrma
from bodydouble.files import printable
from bodydouble.motion.chains import move_chains
from bodydouble.motion.travel import stay_in_place
from bodydouble.values import Motion, RestBody, Surface, Texture, to_device

SUFFIXES = (".glb", ".vrm", ".vrma")
MATERIALS = ("lit", "unlit")
TRAVELS = ("root", "in-place")
_ROOT = "root"  # name of the bone that carries the way where the profile has none


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What may be chosen of an exported file."""

    vrm: str = "1"  # the version of a .vrm: "1" is 1.0, "0" is 0.x
    name: str | None = None  # of the model; None: the file's
    author: str | None = None  # of a .vrm; None: not named
    material: str | None = None  # "lit" by lamps or "unlit"; None: the profile's, in a .vrm unlit
    albedo: bool = False  # textures under even light, for programs that light them (`Double.even_light`)
    travel: str | None = None  # of a motion: its way is a "root" bone's, or left out: "in-place"; None: the hips'
    texture_size: int | None = None  # texels a side of the body's texture, the others likewise; None: their own
    triangles: int | None = None  # about so many of all surfaces together, at most as many as there are; None: all
    profile: str | None = None  # of `profiles.PROFILES`, for a .glb; None: for no program in particular


def write_export(
    path: str | Path,
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    attached: Sequence[Surface] = (),
    motion: Motion | None = None,
    options: ExportOptions | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a `.glb`, a `.vrm`, or a motion alone as a `.vrma`; the same values give the same bytes.

    Args:
        rest: the clothed body at rest.
        texture: of the body.
        attached: what hangs off it.
        motion: to bake into a `.glb`, or for the `.vrma`.
        notes: what else is to say of the double, for whoever looks into the file.

    Raises:
        InputError: the name ends otherwise, a `.vrm` is to hold a motion or a `.vrma` is not, an option is unknown, or
            the folder does not exist.
    """
    path, options = Path(path), options or ExportOptions()
    _check_options(path, motion is not None, options)
    suffix = path.suffix.lower()
    rest, texture = to_device(rest, "cpu"), to_device(texture, "cpu")
    surfaces = [to_device(surface, "cpu") for surface in attached]
    name = options.name or printable(path.stem)
    clip = None if motion is None else to_device(motion, "cpu")
    if clip is not None and options.travel == "in-place":
        clip = stay_in_place(clip)
    if suffix == ".vrma":
        assert clip is not None  # checked above
        write_vrma(path, body, rest, clip, notes)
        return
    if options.texture_size is not None:
        texture, surfaces = resize_textures(texture, surfaces, options.texture_size)
    if suffix == ".vrm":
        credits = Credits(name=name, author=options.author or Credits.author)
        lit = options.material == "lit"
        write_vrm(path, body, rest, texture, surfaces, credits, options.vrm, lit, notes, options.triangles)
        return
    profile = find_profile(options.profile)
    if options.material is not None:
        profile = replace(profile, lit=options.material == "lit")
    root_motion = clip is not None and options.travel == "root"
    if root_motion:
        profile = replace(profile, root_bone=profile.root_bone or _ROOT)
    if profile.mouth:
        rest, texture, teeth = open_mouth(body, rest, texture)
        surfaces += teeth
    body, surfaces = simplify(body, rest, surfaces, options.triangles)
    if profile.t_pose:
        as_it_was = rest
        rest, surfaces = stand_in_t_pose(body, rest, surfaces)
        rest = gather_toes(body, rest)
        clip = None if clip is None else motion_from_t_pose(clip, body, as_it_was, rest)
    chains = [] if clip is None else move_chains(surfaces, rest, clip)
    write_glb(path, body, rest, texture, surfaces, clip, chains, name, profile, notes, root_motion)


def _check_options(path: Path, moves: bool, options: ExportOptions) -> None:
    """Raise InputError where a file of that name, with a motion or without, cannot be what the options say."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"cannot write {path}: an exported file's name ends in {' or '.join(SUFFIXES)}")
    if options.travel not in (None, *TRAVELS):
        raise InputError(f"unknown travel {options.travel!r}; known: {', '.join(TRAVELS)}")
    if options.material not in (None, *MATERIALS):
        raise InputError(f"unknown material {options.material!r}; known: {', '.join(MATERIALS)}")
    if suffix == ".vrma" and not moves:
        raise InputError(f"cannot write {path}: a .vrma is a motion for other avatars; name one with --motion")
    if suffix == ".vrm" and moves:
        raise InputError(
            f"cannot write {path}: a .vrm holds no motion, programs bring their own; export a .glb or .vrma"
        )
    if suffix == ".vrm" and options.profile is not None:
        raise InputError(f"cannot write {path} for {options.profile}: a .vrm is for all that reads VRM")
