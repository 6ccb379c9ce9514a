"""Faces as sums of ARKit's 52 shapes: the 18 presets of VRM, and the 15 visemes of Oculus' lip sync.

The presets are those of `VRMC_vrm-1.0/expressions.md` (vrm-c/vrm-specification), the visemes those of Meta's "Viseme
Reference". Neither says how far a mouth opens or a brow rises: the coefficients were chosen by looking at Anny's face.
Where a body model has other expressions than ARKit's, what it lacks is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.values import RestBody, Surface

Formula = Mapping[str, float]  # coefficients of ARKit's shapes, in [0, 1]


def _both(**coefficients: float) -> dict[str, float]:
    """Shapes that come in pairs, on both sides."""
    return {f"{name}{side}": value for name, value in coefficients.items() for side in ("Left", "Right")}


VISEMES: dict[str, Formula] = {
    "sil": {},
    "PP": {"mouthRollLower": 0.35, "mouthRollUpper": 0.3, **_both(mouthPress=0.4)},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.65, **_both(mouthUpperUp=0.35)},
    "TH": {"jawOpen": 0.15, "tongueOut": 0.4, **_both(mouthLowerDown=0.15, mouthUpperUp=0.15)},
    "DD": {"jawOpen": 0.13, **_both(mouthLowerDown=0.25, mouthUpperUp=0.2)},
    "kk": {"jawOpen": 0.2, **_both(mouthLowerDown=0.15, mouthStretch=0.15)},
    "CH": {"jawOpen": 0.1, "mouthFunnel": 0.5, "mouthPucker": 0.15},
    "SS": {"jawOpen": 0.04, **_both(mouthLowerDown=0.3, mouthUpperUp=0.15, mouthStretch=0.25)},
    "nn": {"jawOpen": 0.1, **_both(mouthLowerDown=0.2, mouthUpperUp=0.15)},
    "RR": {"jawOpen": 0.12, "mouthFunnel": 0.3, "mouthPucker": 0.25},
    "aa": {"jawOpen": 0.5, **_both(mouthLowerDown=0.2, mouthUpperUp=0.15)},
    "E": {"jawOpen": 0.25, **_both(mouthSmile=0.2, mouthStretch=0.25)},
    "I": {"jawOpen": 0.13, **_both(mouthSmile=0.35, mouthLowerDown=0.2, mouthUpperUp=0.1)},
    "O": {"jawOpen": 0.35, "mouthFunnel": 0.5, "mouthPucker": 0.1},
    "U": {"jawOpen": 0.12, "mouthFunnel": 0.3, "mouthPucker": 0.6},
}
PRESETS: dict[str, Formula] = {
    "happy": _both(mouthSmile=0.65, cheekSquint=0.4, eyeSquint=0.3, mouthDimple=0.15),
    "angry": _both(browDown=0.9, noseSneer=0.35, eyeSquint=0.3, mouthFrown=0.3, mouthPress=0.3),
    "sad": {"browInnerUp": 0.85, "mouthShrugLower": 0.3, **_both(mouthFrown=0.6, eyeSquint=0.15)},
    "relaxed": _both(eyeBlink=0.25, mouthSmile=0.25),
    "surprised": {"browInnerUp": 0.7, "jawOpen": 0.3, "mouthFunnel": 0.15, **_both(browOuterUp=0.7, eyeWide=0.7)},
    "aa": VISEMES["aa"],
    "ih": VISEMES["I"],
    "ou": VISEMES["U"],
    "ee": VISEMES["E"],
    "oh": VISEMES["O"],
    "blink": _both(eyeBlink=1.0),
    "blinkLeft": {"eyeBlinkLeft": 1.0},
    "blinkRight": {"eyeBlinkRight": 1.0},
    "lookUp": _both(eyeLookUp=1.0),
    "lookDown": _both(eyeLookDown=1.0),
    "lookLeft": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "lookRight": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "neutral": {},
}


def formula_terms(formula: Formula, names: Sequence[str]) -> list[tuple[int, float]]:
    """A formula as numbers of shapes and their coefficients, without those that the body does not have.

    Args:
        names: of the body's expressions, in their order.
    """
    return [(names.index(name), value) for name, value in formula.items() if name in names]


def viseme_shapes(shapes: Tensor, names: Sequence[str]) -> tuple[Tensor, tuple[str, ...]]:
    """15×V×3 blendshapes, metres at coefficient 1, and their names, "viseme_sil" first.

    Args:
        shapes: E×V×3, of the body's expressions `names`.
    """
    coefficients = shapes.new_zeros(len(VISEMES), len(names))
    for row, formula in zip(coefficients, VISEMES.values(), strict=True):
        for number, value in formula_terms(formula, names):
            row[number] = value
    return torch.einsum("fe,evc->fvc", coefficients, shapes), tuple(f"viseme_{name}" for name in VISEMES)


def add_visemes(
    rest: RestBody, attached: Sequence[Surface], names: Sequence[str]
) -> tuple[RestBody, list[Surface], tuple[str, ...]]:
    """A body and what hangs off it with the visemes after its expressions, and the names of all."""
    shapes, viseme_names = viseme_shapes(rest.expressions, names)
    surfaces = [
        surface
        if surface.blendshapes is None
        else replace(
            surface, blendshapes=torch.cat([surface.blendshapes, viseme_shapes(surface.blendshapes, names)[0]])
        )
        for surface in attached
    ]
    body = replace(rest, expressions=torch.cat([rest.expressions, shapes]))
    return body, surfaces, (*names, *viseme_names)


def clip_name(shape: str) -> str:
    """How face tracking ("Perfect Sync") calls a shape's clip: "jawOpen" becomes "JawOpen"."""
    return shape[:1].upper() + shape[1:]
