"""One person through every table: the unit of work of a worker process, kept in one file when it is done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from bodydouble.body import BodyModel, body_model
from bodydouble.errors import InputError, NoPersonFound
from workshop.evaluation.cases import Case, Fits
from workshop.evaluation.datasets import TURNING, VARIED, Dataset, Source, Subject, TrueView, open_dataset
from workshop.evaluation.measures.fitting import fitting_errors
from workshop.evaluation.measures.flicker import walk_flicker
from workshop.evaluation.measures.learned import OF_SETS, PAIRWISE
from workshop.evaluation.measures.pictures import measures
from workshop.evaluation.methods import DINAR, Drawable, TargetView
from workshop.evaluation.methods.mirrored_photo import MirroredPhoto
from workshop.evaluation.methods.painted import PaintedDouble
from workshop.evaluation.methods.rows import method
from workshop.evaluation.plan import Plan
from workshop.evaluation.protocols import BACK, FITTING, FLICKER, FRONT, Protocol, ViewGroup
from workshop.evaluation.results import TRUTH, Measurement, Result, read_result, write_result
from workshop.evaluation.sheets import Sheet
from workshop.evaluation.truth import laid_on_white
from workshop.evaluation.views import input_view, target_view


def measure(plan: Plan, name: str) -> Result:
    """Everything of one person; from its file where it was measured before."""
    result = read_result(plan, name)
    if result is None:
        body, dataset = _open_source(plan.source)
        result = _Bench(plan, body, dataset, name).result()
        write_result(plan, result)
    return result


@functools.lru_cache(maxsize=1)
def _open_source(source: Source) -> tuple[BodyModel, Dataset]:
    body = body_model()
    return body, open_dataset(source, body)


class _Bench:
    """One person on the bench: fits and doubles are made once and shared by the tables."""

    def __init__(self, plan: Plan, body: BodyModel, dataset: Dataset, name: str) -> None:
        self.plan, self.body = plan, body
        self.subject: Subject = dataset.subject(name)
        self.kind = next(kind for kind in (TURNING, VARIED) if name in dataset.sets.get(kind, ()))
        self.number = dataset.sets[self.kind].index(name)
        self.fits = Fits(folder=plan.folder("fits"), body=body)
        self.measurements: list[Measurement] = []
        self.failures: dict[str, str] = {}
        self.features: dict[str, list[Tensor]] = {}
        self.cases: dict[tuple[str, float], Case] = {}
        self.drawn: dict[tuple[str, float, str], Drawable] = {}
        self.lacking = {m: plan.learned.missing(m) for m in (*PAIRWISE, *OF_SETS)}

    def result(self) -> Result:
        for protocol in self.plan.protocols:
            if protocol.people == self.kind and self.number < protocol.at_most:
                self._record_failures(protocol.name, functools.partial(self._protocol, protocol))
        if self.number < self.plan.people:
            if self.plan.fitting:
                self._record_failures(FITTING, self._fitting)
            if self.plan.flicker_frames > 1 and self.kind == TURNING:
                self._record_failures(FLICKER, self._flicker)
        return Result(
            subject=self.subject.name,
            cluster=self.subject.cluster,
            measurements=tuple(self.measurements),
            failures=self.failures,
            features={key: torch.stack(rows) for key, rows in self.features.items()},
        )

    def _record_failures(self, name: str, work: Callable[[], None]) -> None:
        """A person who cannot be measured in one table still counts in the others."""
        try:
            work()
        except InputError as error:
            self.failures[name] = str(error)

    def _case(self, geometry: str, azimuth_deg: float) -> Case:
        key = (geometry, azimuth_deg)
        if key not in self.cases:
            name, view = self._label(azimuth_deg), self._view(azimuth_deg)
            if geometry == "true":
                self.cases[key] = self.fits.from_truth(name, self.subject, view)
            else:
                self.cases[key] = self.fits.estimate(name, view)
        return self.cases[key]

    def _drawable(self, geometry: str, azimuth_deg: float, row: str) -> Drawable:
        key = (geometry, azimuth_deg, row)
        if key not in self.drawn:
            self.drawn[key] = method(row, self.plan.networks)(self._case(geometry, azimuth_deg))
        return self.drawn[key]

    def _view(self, azimuth_deg: float) -> TrueView:
        nearest = self.subject.nearest(azimuth_deg)
        if nearest is None:
            raise InputError(f"{self.subject.name} has no view near {azimuth_deg:.0f}°")
        return self.subject.view(nearest)

    def _label(self, azimuth_deg: float, pose: int = -1) -> str:
        return f"{self.subject.name}-{'' if pose < 0 else f'pose{pose}-'}{azimuth_deg % 360:03.0f}"

    def _protocol(self, protocol: Protocol) -> None:
        start = self._input_deg(protocol)
        case = self._case(protocol.geometry, start)
        sheet = Sheet(rows=self.plan.rows_of(protocol.networks, protocol.rows))
        sheet.photo(case.photo.rgb)
        for group in protocol.groups:
            for azimuth, target in self._targets(group, case, start):
                self._compare(protocol, group, start, azimuth, target, sheet)
        if not any(m.protocol == protocol.name for m in self.measurements):
            raise InputError("no view to compare with")
        sheet.write(self.plan.folder("pictures") / protocol.name / f"{self.subject.name}.jpg")

    def _input_deg(self, protocol: Protocol) -> float:
        """The side whose turn it is, or where the person was never seen from there, one that there is."""
        turn = protocol.input_deg(self.number)
        sides = [side for side in (turn, *protocol.inputs_deg) if self.subject.nearest(side) is not None]
        return sides[0] if sides else turn

    def _targets(self, group: ViewGroup, case: Case, start: float) -> Iterator[tuple[float, TargetView]]:
        """Azimuth relative to the input's, and the target, of every view of a group that there is."""
        if group.reposed:
            if not self.subject.others:
                raise InputError("the data set shows nobody in a second pose")
            for number, view_of in enumerate(self.subject.others):
                for azimuth in group.azimuths_deg:
                    name = self._label(start + azimuth, number)
                    view = view_of(start + azimuth)
                    yield azimuth, target_view(name, self.subject, case, view, True, self.fits)
            return
        for azimuth in group.azimuths_deg:
            if self.subject.nearest(start + azimuth) is None:
                continue
            view = self._view(start + azimuth)
            if group.own_camera:
                yield azimuth, input_view(case, view)
            else:
                name = self._label(start + azimuth) + ("" if start == FRONT else "-from-behind")
                yield azimuth, target_view(name, self.subject, case, view, False, self.fits)

    def _compare(
        self, protocol: Protocol, group: ViewGroup, start: float, azimuth: float, target: TargetView, sheet: Sheet
    ) -> None:
        truth, on_sheet = target.truth, azimuth % 60 == 0 or azimuth % 90 == 0
        if on_sheet:
            sheet.add(TRUTH, truth.picture)
        sets = [name for name in group.learned if name in OF_SETS and not self.lacking[name]]
        for row in self.plan.rows_of(protocol.networks, protocol.rows):
            drawn = self._drawable(protocol.geometry, start, row)
            drawing = drawn.draw(target)
            picture = laid_on_white(drawing[:3], drawing[3])
            if on_sheet:
                sheet.add(row, picture)
            if group.own_camera and isinstance(drawn, MirroredPhoto):
                continue  # from its own side it is the photo again: no figure that says anything
            values = measures(drawing, truth, group.measures)
            for name in group.learned:
                if name in PAIRWISE and not self.lacking[name]:
                    values[name] = self.plan.learned.pairwise(name, picture, truth.picture)
            for name, value in values.items():
                self._add(protocol.name, row, group.column(name), azimuth, value)
            for name in sets:
                self._feature(f"{protocol.name}/{group.column(name)}/{row}", picture)
        for name in sets:
            self._feature(f"{protocol.name}/{group.column(name)}/{TRUTH}", truth.picture)

    def _feature(self, key: str, picture: Tensor) -> None:
        self.features.setdefault(key, []).append(self.plan.learned.features(picture))

    def _fitting(self) -> None:
        for row, azimuth in ((f"{self.kind}, from the front", FRONT), (f"{self.kind}, from behind", BACK)):
            if azimuth == BACK and self.kind == TURNING:
                continue
            if self.subject.nearest(azimuth) is None:
                continue
            try:
                case = self._case("estimated", azimuth)
            except NoPersonFound:
                self._add(FITTING, row, "detected", azimuth, 0.0)
                continue
            self._add(FITTING, row, "detected", azimuth, 1.0)
            for column, value in fitting_errors(self.subject, self._view(azimuth), case).items():
                self._add(FITTING, row, column, azimuth, value)

    def _flicker(self) -> None:
        for row in self.plan.rows_of(DINAR):
            drawn = self._drawable("estimated", FRONT, row)
            if isinstance(drawn, PaintedDouble):
                value = walk_flicker(drawn, self.plan.flicker_frames, self.body)
                self._add(FLICKER, row, "flicker", 0.0, value)

    def _add(self, protocol: str, row: str, column: str, azimuth: float, value: float) -> None:
        self.measurements.append(
            Measurement(protocol=protocol, row=row, column=column, azimuth_deg=azimuth, value=value)
        )
