"""Held and worn things that are no part of the body's outline: bags, cups, wheels, a coat over an arm.

chance of a thing, loose around what is sure -> without hands, feet and straps -> each one's edge from the photo
-> its pieces in other labels (`thing_rest.py`), what the parser takes for cloth (`thing_scores.py`), its strap
(`thing_straps.py`) -> Person, whose mask ends where a thing begins

Belts, glasses, watches and straps are things, too, but thin: they stay in the mask, as print on what they lie on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch

from bodydouble.geometry.window import photo_pixels
from bodydouble.parsing.at_photo import label_map, plane_at_photo
from bodydouble.parsing.labels import BACKGROUND, SKIN, THING
from bodydouble.parsing.thing_rest import find_rim_pieces, grow_things
from bodydouble.parsing.thing_scores import find_regions
from bodydouble.parsing.thing_straps import find_strap
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import ANKLES, ELBOWS, HAND_ROWS, HEAD_ROWS, HEELS, HIPS, KNEES, SHOULDERS
from bodydouble.person.matte import disc, refine
from bodydouble.values import BODY_LANDMARKS, Person, Photo, Understanding

# The numbers were chosen on 23 street photographs with bags and 26 without. The likeliest label alone finds 0.56 of the
# bags' pixels in the mask at a precision of 0.81.
_POSSIBLE = 0.2  # chance of a thing from which a pixel may belong to one
_EVEN = 0.1  # chance at which, beside one, the photo's edges decide
_EVEN_ON_PERSON = 0.25  # the same on skin and clothes
_SURE = 0.5  # chance that a part of each thing must have ...
_SURE_SHARE, _DOWN_TO_FEET_SHARE = 0.1, 0.35  # ... and how large that part is, of what reaches the feet, too
_THICK_M = 0.025  # half the width of what is too thin to hide the body
_LEAST_M2 = 0.008  # area of the smallest thing that counts: a small clutch bag
_HAND_M, _HEAD_M = 0.05, 0.14  # around these landmarks nothing is a thing: gloves, glasses
# Metres around the face and share of a region there from which on it is hair beside a hand, not what the hand holds.
_HAIR_M, _HEAD_SHARE = 0.2, 0.5
_BARE = 0.2  # chance of skin from which on what is near a hand's landmarks may be the hand; less is what hides it
_RING_M = 0.03  # width of the ring around a thing that tells what it lies on ...
_MOST_BEYOND = 0.1  # ... and the share of it off the person, below which it is a print: 0 of one, from 0.3 of things
# Shares of an upper arm, and of both thighs, that no thing hides: trousers with a belt had 1, bags 0.38 of one thigh.
_SLEEVE, _TROUSERS = 0.6, 0.8
_ALONG = 16  # places along a bone that are looked at
_MIXED_M = 0.006  # width of a thing's edge, whose pixels are mixed of it and what is behind
_REACH_M = 0.08  # how far the photo's edge may lie from where the parser sees it


def put_aside_things(photo: Photo, person: Person, understanding: Understanding) -> Person:
    """The person without what they hold: `mask` ends at it, `things` says where it is.

    As it was where there is none, or where the photo's scale is not known.
    """
    scale = pixels_per_metre(person)
    if scale is None:
        return person
    elsewhere, things = _off_hands_and_head(person, scale, photo.size), find_things(photo, person, understanding)
    skin = plane_at_photo(understanding, understanding.labels[SKIN], photo.size)
    if things is None:
        things = np.zeros(photo.size, bool)
    else:
        things &= elsewhere | (skin < plane_at_photo(understanding, understanding.labels[THING], photo.size))
        things |= grow_things(things, photo, person, understanding, scale) & elsewhere
    at_head = ~off_head(person, _HAIR_M * scale, photo.size)
    for region in find_regions(photo, person, understanding, scale):
        is_hair = float(at_head[region].mean()) > _HEAD_SHARE
        if not (is_hair or _is_print(region, person, elsewhere, scale) or is_limb(region, person)):
            things |= region & (elsewhere | (skin <= _BARE))
    if not things.any():
        return person
    things |= find_strap(things, photo, person, scale)
    things |= find_rim_pieces(things, person, label_map(understanding, photo.size), scale)
    hidden = torch.from_numpy(cv2.dilate(things.astype(np.uint8), disc(_MIXED_M * scale)) > 0)
    return replace(person, mask=person.mask * ~hidden, things=hidden)


def find_things(photo: Photo, person: Person, understanding: Understanding) -> np.ndarray | None:
    """H×W bool; None where the person holds nothing, or the photo's scale is not known."""
    scale = pixels_per_metre(person)
    if scale is None or not bool((understanding.labels[THING] > _SURE).any()):
        return None
    chance = plane_at_photo(understanding, understanding.labels[THING], photo.size)
    elsewhere = _off_hands_and_head(person, scale, photo.size)
    blobs = [blob for blob in list_blobs(chance, scale) if int((blob & elsewhere).sum()) > _LEAST_M2 * scale**2]
    blobs = [blob for blob in blobs if _sure_share(blob, chance) > _SURE_SHARE and not is_limb(blob, person)]
    if not blobs:
        return None
    image, even = photo_pixels(photo), _even_chance(chance, understanding, photo.size)
    things = np.zeros(photo.size, bool)
    for blob in blobs:
        near = cv2.dilate(blob.astype(np.uint8), disc(_REACH_M * scale))
        thing = refine(image, (even * near).astype(np.float32), np.zeros((0, 5)), scale) > 0.5
        if _is_print(thing, person, elsewhere, scale):
            continue
        # What is not so sure and reaches down to the feet is a garment.
        if _sure_share(blob, chance) > _DOWN_TO_FEET_SHARE or not any(_holds(thing, [*ANKLES, *HEELS], person)):
            things |= thing
    return things if bool((things & (person.mask.numpy() > 0.5)).any()) else None


def list_blobs(chance: np.ndarray, scale: float) -> list[np.ndarray]:
    """H×W bool of each piece that may be a thing, by its H×W chance, and is thick enough to hide the body.

    Args:
        scale: pixels a metre.
    """
    possible = cv2.morphologyEx((chance > _POSSIBLE).astype(np.uint8), cv2.MORPH_OPEN, disc(_THICK_M * scale))
    count, numbers = cv2.connectedComponents(possible, connectivity=4)
    return [numbers == number for number in range(1, count)]


def _even_chance(chance: np.ndarray, understanding: Understanding, size: tuple[int, int]) -> np.ndarray:
    """H×W float32 of a thing's H×W chance: a half where the photo's edges are to decide.

    Beside the background a thing is undecided at a lower chance than on the person, whose skin and clothes it ends at.
    """
    background = plane_at_photo(understanding, understanding.labels[BACKGROUND], size)
    worn = (1 - chance - background).clip(0)
    against = background * _EVEN / (1 - _EVEN) + worn * _EVEN_ON_PERSON / (1 - _EVEN_ON_PERSON)
    return chance / (chance + against).clip(1e-6)


def _sure_share(blob: np.ndarray, chance: np.ndarray) -> float:
    """Share of H×W bool pixels that are likely a thing."""
    return float((chance[blob] > _SURE).mean())


def _is_print(thing: np.ndarray, person: Person, elsewhere: np.ndarray, scale: float) -> bool:
    """Whether H×W bool pixels lie on the person all around and no hand holds them: a print, or a bag on its strap.

    They change no outline, and are seen from the photo's side as they are.
    """
    ring = (cv2.dilate(thing.astype(np.uint8), disc(_RING_M * scale)) > 0) & ~thing
    beyond = float((person.mask.numpy()[ring] < 0.5).mean()) if ring.any() else 1.0
    return beyond < _MOST_BEYOND and not bool((thing & ~elsewhere).any())


def _holds(blob: np.ndarray, rows: Sequence[int], person: Person) -> list[bool]:
    """Whether each of those rows of the body's landmarks lies in H×W bool pixels."""
    height, width = blob.shape
    points = person.landmarks[BODY_LANDMARKS][list(rows), :2].floor().long().tolist()
    return [0 <= x < width and 0 <= y < height and bool(blob[y, x]) for x, y in points]


def is_limb(blob: np.ndarray, person: Person) -> bool:
    """Whether H×W bool pixels have a knee and the ankle below it, both thighs, both ankles, or most of an upper arm.

    Those are trousers, a skirt down to the floor, a sleeve.
    """
    ankles = _holds(blob, ANKLES, person)
    legs = zip(_holds(blob, KNEES, person), ankles, strict=True)
    thighs = min(_share_of_bone(blob, bone, person) for bone in zip(HIPS, KNEES, strict=True))
    arms = max(_share_of_bone(blob, bone, person) for bone in zip(SHOULDERS, ELBOWS, strict=True))
    return any(map(all, legs)) or all(ankles) or thighs > _TROUSERS or arms > _SLEEVE


def _share_of_bone(blob: np.ndarray, bone: tuple[int, int], person: Person) -> float:
    """Share of the line between two landmarks of the body that lies in H×W bool pixels."""
    start, end = person.landmarks[BODY_LANDMARKS][list(bone), :2].numpy()
    column, row = (start + np.linspace(0, 1, _ALONG)[:, None] * (end - start)).astype(int).T
    height, width = blob.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return float(blob[row[inside], column[inside]].sum()) / _ALONG


def _off_hands_and_head(person: Person, scale: float, size: tuple[int, int]) -> np.ndarray:
    """H×W bool: False around what is seen of hands and face."""
    body = person.landmarks[BODY_LANDMARKS]
    free = np.ones(size, np.uint8)
    for x, y, score in body[HAND_ROWS].tolist():
        if score > 0:
            cv2.circle(free, (round(x), round(y)), max(1, round(_HAND_M * scale)), 0, -1)
    return (free > 0) & off_head(person, _HEAD_M * scale, size)


def off_head(person: Person, reach_px: float, size: tuple[int, int]) -> np.ndarray:
    """H×W bool: False as near as that to what is seen of the face."""
    points, free = person.landmarks[BODY_LANDMARKS][HEAD_ROWS], np.ones(size, np.uint8)
    if float(points[:, 2].max()) > 0:
        x, y = points[:, :2].mean(0).tolist()
        cv2.circle(free, (round(x), round(y)), max(1, round(reach_px)), 0, -1)
    return free > 0
