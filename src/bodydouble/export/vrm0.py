"""The extension of a VRM 0.x file, `VRM`, for programs that read no newer one.

Where 1.0 counts weights from 0 to 1, 0.x counts to 100; it names meshes where 1.0 names nodes; presets are called
otherwise, and "surprised" is none of them.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import torch

from bodydouble.export.avatar import GAZE_SIDEWAYS, GAZE_UPRIGHT, Avatar, Credits
from bodydouble.export.expressions import PRESETS, Formula, clip_name, formula_terms
from bodydouble.export.spring_bones import spring_bones_0, xyz

_PRESET_NAMES = {
    "neutral": "neutral",
    "aa": "a",
    "ih": "i",
    "ou": "u",
    "ee": "e",
    "oh": "o",
    "blink": "blink",
    "blinkLeft": "blink_l",
    "blinkRight": "blink_r",
    "happy": "joy",
    "angry": "angry",
    "sad": "sorrow",
    "relaxed": "fun",
    "lookUp": "lookup",
    "lookDown": "lookdown",
    "lookLeft": "lookleft",
    "lookRight": "lookright",
    "surprised": "unknown",
}
_LINEAR = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0]  # a curve's two keys: time, value, slope before and after
_VIEWS = {"auto": "Auto", "both": "Both", "thirdPersonOnly": "ThirdPersonOnly"}
_OPAQUE = 2000  # Unity's render queue


def vrm0_extensions(avatar: Avatar) -> dict[str, Any]:
    """By name, as it stands in the file."""
    presets = [_blend_shape(avatar, name, _PRESET_NAMES[name], formula) for name, formula in PRESETS.items()]
    clips = [_blend_shape(avatar, name, "unknown", {name: 1.0}) for name in avatar.expression_names]
    extension = {
        "exporterVersion": f"Bodydouble {version('bodydouble')}",
        "specVersion": "0.0",
        "meta": _meta(avatar.credits),
        "humanoid": _humanoid(avatar),
        "firstPerson": _first_person(avatar),
        "blendShapeMaster": {"blendShapeGroups": presets + clips},
        "secondaryAnimation": spring_bones_0(avatar.attached, avatar.first_chain_nodes, len(avatar.joints)),
        "materialProperties": [_material(name) for name in avatar.material_names],
    }
    return {"VRM": extension}


def _meta(credits: Credits) -> dict[str, Any]:
    """Nobody but the author may do anything with it: it is the likeness of a person."""
    return {
        "title": credits.name,
        "version": "1",
        "author": credits.author,
        "contactInformation": "",
        "reference": "",
        "allowedUserName": "OnlyAuthor",
        "violentUssageName": "Disallow",  # so spelled in the specification, as the next two
        "sexualUssageName": "Disallow",
        "commercialUssageName": "Disallow",
        "otherPermissionUrl": "",
        "licenseName": "Redistribution_Prohibited",
        "otherLicenseUrl": "",
    }


def _humanoid(avatar: Avatar) -> dict[str, Any]:
    """The bones, and how far Unity stretches and twists limbs: its defaults."""
    bones = [{"bone": bone, "node": joint, "useDefaultValues": True} for bone, joint in avatar.bones.items()]
    return {
        "humanBones": bones,
        "armStretch": 0.05,
        "legStretch": 0.05,
        "upperArmTwist": 0.5,
        "lowerArmTwist": 0.5,
        "upperLegTwist": 0.5,
        "lowerLegTwist": 0.5,
        "feetSpacing": 0.0,
        "hasTranslationDoF": False,
    }


def _first_person(avatar: Avatar) -> dict[str, Any]:
    """Offsets are left-handed: z points the other way."""
    views = [{"mesh": mesh, "firstPersonFlag": _VIEWS[view]} for mesh, view in enumerate(avatar.views)]
    sideways = {"curve": _LINEAR, "xRange": GAZE_SIDEWAYS, "yRange": GAZE_SIDEWAYS}
    upright = {"curve": _LINEAR, "xRange": GAZE_UPRIGHT, "yRange": GAZE_UPRIGHT}
    return {
        "firstPersonBone": avatar.bones["head"],
        "firstPersonBoneOffset": xyz(avatar.eyes_from_head * torch.tensor([1, 1, -1])),
        "meshAnnotations": views,
        "lookAtTypeName": "Bone" if "leftEye" in avatar.bones else "BlendShape",
        "lookAtHorizontalInner": sideways,
        "lookAtHorizontalOuter": sideways,
        "lookAtVerticalDown": upright,
        "lookAtVerticalUp": upright,
    }


def _blend_shape(avatar: Avatar, name: str, preset: str, formula: Formula) -> dict[str, Any]:
    meshes = [avatar.mesh_nodes.index(node) for node in avatar.morphed_nodes]
    binds = [
        {"mesh": mesh, "index": number, "weight": 100 * weight}
        for number, weight in formula_terms(formula, avatar.expression_names)
        for mesh in meshes
    ]
    return {
        "name": clip_name(name) if preset == "unknown" else preset.title(),
        "presetName": preset,
        "binds": binds,
        "materialValues": [],
        "isBinary": False,
    }


def _material(name: str) -> dict[str, Any]:
    """What stands in glTF's own material holds."""
    return {
        "name": name,
        "shader": "VRM_USE_GLTFSHADER",
        "renderQueue": _OPAQUE,
        "floatProperties": {},
        "vectorProperties": {},
        "textureProperties": {},
        "keywordMap": {},
        "tagMap": {},
    }
