"""Gathering goes on where it stopped, says who stays out, and holds out those that the parser measures with."""

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

        def gather_pair(self, pairs, name, number):
            assert (pairs / f"{name}_front.jpg").is_file()
            return self.gather(pairs, number)

    monkeypatch.setattr(gather, "PeopleGatherer", Gatherer)
    return numbers


def test_it_goes_on_where_it_stopped(photos, asked, tmp_path):
    out = tmp_path / "people"
    gather.gather_people(photos, out, count=1)
    first = list(asked)
    gather.gather_people(photos, out)
    assert len(asked) == len(set(asked)) and asked[: len(first)] == first
    assert sorted(asked) == ["0001", "0002", "0003", "0006", "0016"], "not who is looked at"
    assert sorted(path.stem for path in out.glob("*.safetensors")) == ["0001", "0002", "0006", "0016"]
    assert all(make_person(number).held_out == (number not in ("0001", "0003")) for number in asked)
    assert read_left_out(out) == {"0003": "outline 0.712"}


def test_pairs_are_called_by_their_order(asked, tmp_path):
    pairs, out = tmp_path / "pairs", tmp_path / "people"
    pairs.mkdir()
    for name in ("b", "a"):
        (pairs / f"{name}_front.jpg").touch()
    gather.gather_pairs(pairs, out)
    assert sorted(asked) == sorted(path.stem for path in out.glob("*.safetensors")) == ["pair00", "pair01"]
    with pytest.raises(InputError, match=r"NAME_front\.jpg"):
        gather.gather_pairs(tmp_path / "people", out)


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


def test_a_pairs_back_is_hidden(shared):
    person = gather.PeopleGatherer().gather_pair(shared / "frontback", "mh04-green", "pair02")
    (completion,) = person.completions
    assert completion.behind and person.held_out
    observed = person.confidence > 0
    assert not (completion.hidden & ~observed).any()
    assert 0.2 < completion.hidden.sum() / observed.sum() < 0.8, "the front is given, the back is not"
