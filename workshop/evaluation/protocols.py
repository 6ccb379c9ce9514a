"""The tables, as data: whose photos go in, from where the result is looked at, and what is measured there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from workshop.evaluation.datasets import TURNING, VARIED
from workshop.evaluation.methods import ABLATION, DINAR, HUMAN_SGD, PLAIN

FRONT, BACK = 0.0, 180.0


@dataclass(frozen=True, kw_only=True)
class ViewGroup:
    """Views of one kind, whose measures go into one column each."""

    name: str  # prefix of the columns; "" for none
    azimuths_deg: tuple[float, ...]  # relative to the input's
    measures: tuple[str, ...]  # of `metrics.MEASURES`
    learned: tuple[str, ...] = ()  # of `learned.PAIRWISE` and `learned.OF_SETS`
    own_camera: bool = False  # seen by the camera that the fit found for the photo
    reposed: bool = False  # in the person's other poses

    def column(self, measure: str) -> str:
        """The name of a measure in the report."""
        return f"{self.name}_{measure}" if self.name else measure


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One table."""

    name: str
    title: str
    source: str
    people: str  # `TURNING` or `VARIED`
    groups: tuple[ViewGroup, ...]
    at_most: int = 24  # people
    inputs_deg: tuple[float, ...] = (FRONT,)  # person after person in turn
    geometry: Literal["estimated", "true"] = "estimated"
    rows: tuple[str, ...] = ()  # that belong here beside those of all tables
    networks: tuple[str, ...] = DINAR  # rows that belong here and that networks paint, where there are any

    def input_deg(self, number: int) -> float:
        """From where the photo of the person of that number, counted in their set, is taken."""
        return self.inputs_deg[number % len(self.inputs_deg)]

    def columns(self) -> tuple[str, ...]:
        """All columns of the table."""
        return tuple(group.column(measure) for group in self.groups for measure in (*group.measures, *group.learned))


_SAME_AND_BACK = (
    ViewGroup(
        name="front",
        azimuths_deg=(0.0,),
        measures=("psnr", "person_psnr", "ms_ssim", "iou", "face_psnr"),
        learned=("lpips", "dists", "judge"),
        own_camera=True,
    ),
    ViewGroup(
        name="back",
        azimuths_deg=(180.0,),
        measures=("psnr", "person_psnr", "ms_ssim", "iou"),
        learned=("dists", "judge", "reid", "kid"),
    ),
)
_ROUND = ViewGroup(
    name="",
    azimuths_deg=tuple(4.0 * step for step in range(90)),
    measures=("psnr", "person_psnr", "ssim", "iou"),
    learned=("lpips", "judge", "clip", "fid"),
)

PROTOCOLS = (
    Protocol(
        name="dinar-1",
        title="From the front: the same view and the back",
        source="DINAR, table 1; people turning in A-pose",
        people=TURNING,
        groups=_SAME_AND_BACK,
    ),
    Protocol(
        name="dinar-2",
        title="Ablation: eight photos from the front, seven from behind",
        source="DINAR, table 2; 15 people in varied poses, seen from four sides",
        people=VARIED,
        groups=(
            ViewGroup(
                name="",
                azimuths_deg=(0.0, 90.0, 180.0, -90.0),
                measures=("psnr", "person_psnr", "ms_ssim", "iou"),
                learned=("lpips", "judge"),
            ),
        ),
        at_most=15,
        inputs_deg=(FRONT, BACK),
        networks=(*ABLATION, PLAIN),  # its last row is "dinar"
    ),
    Protocol(
        name="dinar-3",
        title="From the front, in varied poses: the same view and the back",
        source="DINAR, table 3",
        people=VARIED,
        groups=_SAME_AND_BACK,
    ),
    Protocol(
        name="human-sgd-1",
        title="All around, with estimated geometry",
        source="Human-SGD, table 1; 90 views 4° apart",
        people=VARIED,
        groups=(_ROUND,),
        rows=HUMAN_SGD,
    ),
    Protocol(
        name="human-sgd-2",
        title="All around, with true geometry",
        source="Human-SGD, table 2; the true body, clothed by the true mask of the photo",
        people=VARIED,
        groups=(_ROUND,),
        rows=HUMAN_SGD,
        geometry="true",
    ),
    Protocol(
        name="reposing",
        title="In other poses than the photo's",
        source="A-pose in, two other poses out, from the front and from behind",
        people=TURNING,
        groups=(
            ViewGroup(
                name="",
                azimuths_deg=(0.0, 180.0),
                measures=("psnr", "person_psnr", "ms_ssim", "iou"),
                learned=("lpips", "judge"),
                reposed=True,
            ),
        ),
    ),
)
FITTING, FLICKER = "fitting", "flicker"  # tables of their own kind, beside the protocols
NAMES = (*(protocol.name for protocol in PROTOCOLS), FITTING, FLICKER)


def quick(protocol: Protocol, people: int, views: int) -> Protocol:
    """The same protocol with fewer people, and all-around views that many times fewer."""
    groups = tuple(
        replace(group, azimuths_deg=group.azimuths_deg[:: max(1, len(group.azimuths_deg) // views)])
        if len(group.azimuths_deg) > views
        else group
        for group in protocol.groups
    )
    return replace(protocol, groups=groups, at_most=min(people, protocol.at_most))
