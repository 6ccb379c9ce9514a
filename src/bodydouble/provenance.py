"""What a double is told to say of its making."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from bodydouble.body import BodyModel
from bodydouble.body.layout import layout_fingerprint
from bodydouble.body.skinning import dress_rest
from bodydouble.fitting.metrics import fit_quality, iou
from bodydouble.metadata import Figures, Metadata
from bodydouble.render.surfaces import render_surfaces
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import BodyFit, FittedView, Surface

_PACKAGES = ("bodydouble", "torch", "numpy", "mediapipe", "anny")


def measure_figures(bare: BodyFit, view: FittedView, surfaces: Sequence[Surface], body: BodyModel) -> Figures:
    """How well the fit covers the person: bare, and with clothing and all `surfaces`, the body being the first.

    Landmarks are the bare fit's, for heels tilt what they hang on.
    """
    quality = fit_quality(bare, view.person, body)
    if len(surfaces) > 1:
        rest = dress_rest(view.fit, body)
        posed = [pose_surface(surface, rest, view.fit.pose) for surface in surfaces]
        silhouette_iou = iou(render_surfaces(posed, view.fit.camera)[3] > 0.5, view.person.mask > 0.5)
    else:
        silhouette_iou = fit_quality(view.fit, view.person, body).silhouette_iou
    return Figures(
        silhouette_iou_bare=quality.silhouette_iou,
        silhouette_iou=silhouette_iou,
        body_landmark_error=quality.body_landmark_error,
        face_landmark_error=quality.face_landmark_error,
    )


def describe_making(
    view: FittedView, body: BodyModel, body_name: str, figures: Figures, seconds: Mapping[str, float], seed: int
) -> Metadata:
    """The metadata of a double, as far as the stages before completion know it.

    Args:
        view: the first photo.
        body_name: as the caller named the body model.
        seconds: of each stage.
        seed: of the completion.
    """
    return Metadata(
        body_model=body_name,
        layout=layout_fingerprint(body.layout),
        seed=seed,
        photo_name=view.photo.name,
        photo_size=view.photo.whole_size,
        figures=figures,
        seconds=dict(seconds),
        versions={"python": sys.version.split()[0], **{name: version(name) for name in _PACKAGES}},
        warnings=view.person.warnings,
    )
