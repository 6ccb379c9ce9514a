"""What a double is told to say of its making."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version

from bodydouble.body import BodyModel
from bodydouble.double_file import layout_fingerprint
from bodydouble.fitting.metrics import fit_quality
from bodydouble.metadata import Figures, Metadata
from bodydouble.values import BodyFit, FittedView

_PACKAGES = ("bodydouble", "torch", "numpy", "mediapipe", "anny")


def measure_figures(bare: BodyFit, view: FittedView, body: BodyModel) -> Figures:
    """How well the fit covers the person, without and with clothing; heels tilt what landmarks hang on."""
    quality = fit_quality(bare, view.person, body)
    return Figures(
        silhouette_iou_bare=quality.silhouette_iou,
        silhouette_iou=fit_quality(view.fit, view.person, body).silhouette_iou,
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
