"""Gathering goes on where it stopped, says who stays out, and never takes people to measure with."""

import pytest

from bodydouble.errors import InputError
from tests.workshop.training.completion.conftest import make_person
from workshop.training.completion import gather
from workshop.training.completion.records import read_left_out


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "labelled"
    (folder / "photos").mkdir(parents=True)
    for number in ("0001", "0002", "0003", "0006", "0016", "0007"):
        (folder / "photos" / f"{number}.jpg").touch()
    (folder / "look.txt").write_text("0007\n")
    return folder


@pytest.fixture
def asked(monkeypatch):
    numbers = []

    class Gatherer:
        def gather(self, photos, number):
            numbers.append(number)
            if number == "0003":
                raise InputError("outline\n0.712")
            return make_person(number)

    monkeypatch.setattr(gather, "PeopleGatherer", Gatherer)
    return numbers


def test_it_goes_on_where_it_stopped(photos, asked, tmp_path):
    out = tmp_path / "people"
    gather.gather_people(photos, out, count=1)
    first = list(asked)
    gather.gather_people(photos, out)
    assert len(asked) == len(set(asked)) and asked[: len(first)] == first
    assert sorted(asked) == ["0001", "0002", "0003"], "neither who is measured with nor who is looked at"
    assert sorted(path.stem for path in out.glob("*.safetensors")) == ["0001", "0002"]
    assert read_left_out(out) == {"0003": "outline 0.712"}


def test_folders_that_will_not_do_are_refused(photos, asked, tmp_path):
    with pytest.raises(InputError, match=r"look\.txt"):
        gather.gather_people(tmp_path, tmp_path / "people")
    with pytest.raises(InputError, match="does not exist"):
        gather.gather_people(photos, tmp_path / "nowhere" / "people")


def test_a_real_person_is_completed_from_what_is_not_hidden(shared):
    person = gather.PeopleGatherer().gather(shared / "parsing", "0012")
    assert person.held_out and person.rgb.shape == (3, gather.TEXELS, gather.TEXELS)
    observed = person.confidence > 0
    assert 0.05 < observed.float().mean() < 0.4 and (person.rgb[:, ~observed] == 0).all()
    left, right = person.completions
    assert left.azimuth > 0 > right.azimuth
    assert not (left.hidden & right.hidden).float().mean() > 0.5 * left.hidden.float().mean()
    for each in person.completions:
        assert each.symmetry is not None and not (each.hidden & ~observed).any()
        difference = (each.exemplar - person.rgb).abs().mean(0)
        assert difference[observed & ~each.hidden].max() < 0.02, "what is given stays"
        assert difference[each.hidden].mean() > 0.01, "what is hidden is made up"
