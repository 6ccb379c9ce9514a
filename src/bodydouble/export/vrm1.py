"""The extensions of a VRM 1.0 file: `VRMC_vrm` and `VRMC_springBone`."""

from __future__ import annotations

from typing import Any

from bodydouble.export.avatar import GAZE_SIDEWAYS, GAZE_UPRIGHT, Avatar, Credits
from bodydouble.export.expressions import PRESETS, Formula, clip_name, formula_terms
from bodydouble.export.spring_bones import spring_bones

LICENCE = "https://vrm.dev/licenses/1.0/"  # the only one that the specification allows


def vrm1_extensions(avatar: Avatar) -> dict[str, Any]:
    """By name, as they stand in the file."""
    extension = {
        "specVersion": "1.0",
        "meta": _meta(avatar.credits),
        "humanoid": {"humanBones": {bone: {"node": joint} for bone, joint in avatar.bones.items()}},
        "firstPerson": {
            "meshAnnotations": [
                {"node": node, "type": view} for node, view in zip(avatar.mesh_nodes, avatar.views, strict=True)
            ]
        },
        "lookAt": _look_at(avatar),
        "expressions": {
            "preset": {name: _expression(avatar, formula) for name, formula in PRESETS.items()},
            "custom": {clip_name(name): _expression(avatar, {name: 1.0}) for name in avatar.expression_names},
        },
    }
    springs = spring_bones(avatar.attached, avatar.first_chain_nodes, len(avatar.joints))
    return {"VRMC_vrm": extension} | ({"VRMC_springBone": springs} if springs else {})


def _meta(credits: Credits) -> dict[str, Any]:
    """Nobody but the author may do anything with it: it is the likeness of a person."""
    return {
        "name": credits.name,
        "version": "1",
        "authors": [credits.author],
        "licenseUrl": LICENCE,
        "avatarPermission": "onlyAuthor",
        "allowExcessivelyViolentUsage": False,
        "allowExcessivelySexualUsage": False,
        "commercialUsage": "personalNonProfit",
        "allowPoliticalOrReligiousUsage": False,
        "allowAntisocialOrHateUsage": False,
        "creditNotation": "required",
        "allowRedistribution": False,
        "modification": "prohibited",
    }


def _look_at(avatar: Avatar) -> dict[str, Any]:
    sideways = {"inputMaxValue": GAZE_SIDEWAYS, "outputScale": GAZE_SIDEWAYS}
    upright = {"inputMaxValue": GAZE_UPRIGHT, "outputScale": GAZE_UPRIGHT}
    return {
        "offsetFromHeadBone": [round(value, 6) for value in avatar.eyes_from_head.tolist()],
        "type": "bone" if "leftEye" in avatar.bones else "expression",
        "rangeMapHorizontalInner": sideways,
        "rangeMapHorizontalOuter": sideways,
        "rangeMapVerticalDown": upright,
        "rangeMapVerticalUp": upright,
    }


def _expression(avatar: Avatar, formula: Formula) -> dict[str, Any]:
    binds = [
        {"node": node, "index": number, "weight": weight}
        for number, weight in formula_terms(formula, avatar.expression_names)
        for node in avatar.morphed_nodes
    ]
    return {"isBinary": False} | ({"morphTargetBinds": binds} if binds else {})
