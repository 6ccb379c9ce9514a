"""Which part of a recording is the person: files may hold props, second roots and several people."""

from __future__ import annotations

import warnings
from dataclasses import replace

from bodydouble.errors import InputError, InputWarning
from bodydouble.motion.clip import Clip, sample_frames
from bodydouble.motion.joint_roles import SOME_FRAMES, find_roles


def keep_person(clip: Clip) -> Clip:
    """The clip with one person's joints and what carries them; without roots and branches that are no part of them.

    Of several people the first is kept, and a warning names them all. A clip without a person is cut down to its
    largest root.
    """
    roots = [joint for joint, parent in enumerate(clip.parents) if parent < 0]
    few = sample_frames(clip, SOME_FRAMES)
    people = [person for root in roots for person in _find_people(few, root)]
    if len(people) > 1:
        names = ", ".join(repr(clip.joint_names[joint][:40]) for joint in people)
        message = f"{clip.name} holds {len(people)} people, {names}; the first is taken"
        warnings.warn(message, InputWarning, stacklevel=2)
    kept = people[0] if people else max(roots, key=lambda root: len(clip.descendants(root)))
    return _cut(clip, [*clip.chain(kept), *clip.descendants(kept)])


def _find_people(clip: Clip, joint: int) -> list[int]:
    """The joints that each carry exactly one person, at or below `joint`; none where no person is there."""
    if not _is_person(_cut(clip, [*clip.chain(joint), *clip.descendants(joint)])):
        return []
    people = [person for child in clip.children(joint) for person in _find_people(clip, child)]
    return people or [joint]


def _is_person(clip: Clip) -> bool:
    try:
        find_roles(clip)
    except InputError:
        return False
    return True


def _cut(clip: Clip, joints: list[int]) -> Clip:
    """The clip with these joints only, which hold the parents of all but the root."""
    if len(joints) == len(clip.parents):
        return clip
    rows = {joint: row for row, joint in enumerate(joints)}
    return replace(
        clip,
        joint_names=tuple(clip.joint_names[joint] for joint in joints),
        parents=tuple(rows.get(clip.parents[joint], -1) for joint in joints),
        offsets=clip.offsets[joints],
        rotations=clip.rotations[:, joints],
        translations={rows[joint]: path for joint, path in clip.translations.items() if joint in rows},
    )
