"""What a double says of its making: plain numbers and words, as JSON and back."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

FORMAT_VERSION = "2.5"  # major: older readers refuse it; minor: they ignore what is new
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
_ORIGIN = "made from a photograph of a person; parts that it does not show are invented"
_EARLIER = (
    "an earlier version made this double, and it is drawn as it was; "
    "made anew from its photo it gets hair, skirts and a back by label"
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How well the double covers the person in its photo."""

    silhouette_iou_bare: float  # [0, 1], body without clothing against the mask
    silhouette_iou: float  # [0, 1], with clothing
    body_landmark_error: float | None  # mean distance as a share of the person's height; None where none is seen
    face_landmark_error: float | None  # likewise


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What of the double's surface the photos showed."""

    seen_fraction: float  # [0, 1], by area, of all surfaces
    made_up: tuple[str, ...]  # parts of which hardly anything was seen, from head to toe: "hair behind", "left sleeve"

    def sentence(self) -> str:
        """For whom the double is shown to."""
        parts = f"; made up: {', '.join(self.made_up)}" if self.made_up else ""
        return f"{100 * self.seen_fraction:.0f} % of the surface was seen{parts}"


@dataclass(frozen=True, kw_only=True)
class SurfaceFacts:
    """What is to say of a surface that hangs off the body, beside its tensors."""

    name: str
    kind: str  # of `values.SurfaceKind`
    mirrored: bool  # its layout
    chain_names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Everything that stands beside the tensors in a `.double` file."""

    body_model: str  # name in `body.BODY_MODELS`, or module:attribute
    layout: str  # fingerprint of the UV layout the texture is in
    seed: int
    photo_name: str
    photo_size: tuple[int, int]  # (height, width) in pixels
    figures: Figures | None = None
    coverage: Coverage | None = None  # None: of a double that an earlier version made
    seconds: dict[str, float] = field(default_factory=dict)  # of each stage
    weights: dict[str, str] = field(default_factory=dict)  # files of networks that took part, and their sha256
    versions: dict[str, str] = field(default_factory=dict)  # of this package and of those it stands on
    warnings: tuple[str, ...] = ()  # one sentence each
    surfaces: tuple[SurfaceFacts, ...] = ()  # but the body
    format_version: str = FORMAT_VERSION

    def to_json(self) -> str:
        """One line of JSON, keys in the order of the fields."""
        return json.dumps(asdict(self), allow_nan=False)

    def notes(self) -> tuple[str, ...]:
        """One sentence each: the warnings, and what was seen or, of an earlier version's double, what a new one has."""
        return (*self.warnings, self.coverage.sentence() if self.coverage else _EARLIER)

    def origin(self) -> dict[str, Any]:
        """What an exported file says of where it comes from: see `describe_origin`."""
        return describe_origin(self.coverage)

    def provenance(self) -> str:
        """What a picture or video of it says of where it comes from: see `describe_provenance`."""
        return describe_provenance(self.coverage)

    @staticmethod
    def from_json(text: str) -> Metadata:
        """Read what `to_json` wrote; unknown keys, which a newer minor version may add, are ignored.

        Raises:
            ValueError: not JSON, a field is missing, or is of another type than stated above.
        """
        try:
            values = _table(json.loads(text))
        except RecursionError:
            raise ValueError("nested too deeply") from None
        figures, coverage = values.get("figures"), values.get("coverage")
        return Metadata(
            body_model=_typed(values, "body_model", str),
            layout=_typed(values, "layout", str),
            seed=_typed(values, "seed", int),
            photo_name=_typed(values, "photo_name", str),
            photo_size=_size(_typed(values, "photo_size", list)),
            figures=None if figures is None else _figures(_table(figures)),
            coverage=None if coverage is None else _coverage(_table(coverage)),
            seconds={name: _number(value) for name, value in _table(values.get("seconds")).items()},
            weights={name: str(value) for name, value in _table(values.get("weights")).items()},
            versions={name: str(value) for name, value in _table(values.get("versions")).items()},
            warnings=tuple(map(str, _typed(values, "warnings", list))),
            surfaces=tuple(_surface(_table(each)) for each in values.get("surfaces") or ()),
            format_version=_version(_typed(values, "format_version", str)),
        )


def describe_origin(coverage: Coverage | None = None) -> dict[str, Any]:
    """Plain JSON for models: made by what, synthetic, of what, and what of it was made up.

    `digital_source_type` is of the vocabulary by which IPTC, and with it C2PA, tells of pictures that no camera took.
    """
    seen: dict[str, Any] = {}
    if coverage is not None:
        seen = {"seen_fraction": coverage.seen_fraction, "made_up": list(coverage.made_up)}
    return {
        "made_by": f"Bodydouble {version('bodydouble')}",
        "synthetic": True,
        "digital_source_type": _SOURCE_TYPE,
        "origin": _ORIGIN,
        **seen,
    }


def describe_provenance(coverage: Coverage | None = None) -> str:
    """The same in one line of words, for pictures and videos."""
    seen = f"; {coverage.sentence()}" if coverage is not None else ""
    return f"Synthetic: made by Bodydouble {version('bodydouble')}, {_ORIGIN}{seen}"


def newer_major(number: str) -> bool:
    """Whether a file of that format version is beyond this reader."""
    return int(number.split(".")[0]) > int(FORMAT_VERSION.split(".")[0])


def newer_minor(number: str) -> bool:
    """Whether a file of that format version may hold things this reader does not know."""
    return tuple(map(int, number.split("."))) > tuple(map(int, FORMAT_VERSION.split(".")))


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table of names is missing")
    return value


def _typed(values: dict[str, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{name} is missing or no {kind.__name__}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _size(value: list[Any]) -> tuple[int, int]:
    if len(value) != 2 or not all(type(side) is int and 0 < side < 1_000_000 for side in value):
        raise ValueError("photo_size is not (height, width)")
    return value[0], value[1]


def _figures(values: dict[str, Any]) -> Figures:
    body, face = values.get("body_landmark_error"), values.get("face_landmark_error")
    return Figures(
        silhouette_iou_bare=_number(values.get("silhouette_iou_bare")),
        silhouette_iou=_number(values.get("silhouette_iou")),
        body_landmark_error=None if body is None else _number(body),
        face_landmark_error=None if face is None else _number(face),
    )


def _coverage(values: dict[str, Any]) -> Coverage:
    return Coverage(
        seen_fraction=_number(values.get("seen_fraction")),
        made_up=tuple(map(str, _typed(values, "made_up", list))),
    )


def _surface(values: dict[str, Any]) -> SurfaceFacts:
    return SurfaceFacts(
        name=_typed(values, "name", str),
        kind=_typed(values, "kind", str),
        mirrored=bool(values.get("mirrored")),
        chain_names=tuple(map(str, _typed(values, "chain_names", list))),
    )


def _version(text: str) -> str:
    if not re.fullmatch(r"\d{1,4}\.\d{1,4}", text):
        raise ValueError(f"{text!r} is no format version")
    return text
