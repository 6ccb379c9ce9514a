"""People come back as they were written, packs keep their limit, and read without a body model or a detector."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from bodydouble.errors import InputError
from tests.workshop.elsewhere import environment
from workshop.training.completion import records

ALONE = """
import sys
from pathlib import Path
sys.modules["anny"] = sys.modules["mediapipe"] = None
from workshop.training.completion.records import read_pack
print(*[person.number for person in read_pack(Path(sys.argv[1]))])
"""


@pytest.fixture
def folder(people, tmp_path):
    made = tmp_path / "people"
    made.mkdir()
    for person in people:
        records.write_person(person, made)
    return made


def test_a_person_comes_back(people):
    person = people[1]
    back = records.decode_person(person.number, records.encode_person(person))
    step = 0.5 / 255 + 1e-6
    assert torch.allclose(back.rgb, person.rgb, atol=step) and torch.allclose(back.mask, person.mask, atol=step)
    assert torch.equal(back.labels, person.labels) and torch.equal(back.confidence > 0, person.confidence > 0)
    assert torch.allclose(back.confidence, person.confidence, atol=1 / 15)
    beside = (person.uv < 0).any(0)
    assert torch.equal((back.uv < 0).any(0), beside) and (back.uv - person.uv).abs()[:, ~beside].max() < 0.5 / 255
    for ours, theirs in zip(back.completions, person.completions, strict=True):
        assert torch.equal(ours.hidden, theirs.hidden) and torch.equal(ours.labels, theirs.labels)
        assert ours.azimuth == theirs.azimuth
        assert (ours.exemplar - theirs.exemplar).abs().mean() < 0.01
        assert (ours.symmetry - theirs.symmetry).abs().mean() < 0.01


def test_the_slightest_confidence_is_not_lost(people):
    faint = people[0].confidence * 0.01
    record = records.encode_person(replace(people[0], confidence=faint))
    assert torch.equal(records.decode_person("0001", record).confidence > 0, faint > 0)


def test_a_pack_keeps_its_limit_and_who_is_held_out_comes_first(people, folder, tmp_path):
    pack = tmp_path / "pack.safetensors"
    assert records.write_pack(folder, pack) == len(people)
    assert [each.number for each in records.read_pack(pack)] == [each.number for each in people]
    learned, held_out = records.split_people(records.read_pack(pack))
    assert [each.number for each in held_out] == ["0002", "0012"] and len(learned) == 4
    limit = int(pack.stat().st_size * 0.6)
    assert records.write_pack(folder, pack, limit) == 3 and pack.stat().st_size <= limit
    assert {"0002", "0012"} < {each.number for each in records.read_pack(pack)}


def test_backs_are_told_from_sides(people):
    (completion,) = people[0].completions
    behind = replace(people[0], completions=(replace(completion, azimuth=records.BEHIND),))
    assert records.split_views([behind, people[1]]) == {"sides": [people[1]], "backs": [behind]}
    assert records.split_views(people) == {"sides": people}
    (back,) = records.decode_person("0001", records.encode_person(behind)).completions
    assert back.behind


def test_a_pack_needs_no_body_model_and_no_detector(folder, tmp_path):
    records.write_pack(folder, tmp_path / "pack.safetensors")
    command = [sys.executable, "-c", ALONE, str(tmp_path / "pack.safetensors")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0001", "0002", "0003", "0004", "0012", "0017"]


def test_what_is_no_pack_is_refused(tmp_path):
    with pytest.raises(InputError, match="gather them first"):
        records.write_pack(tmp_path, tmp_path / "pack.safetensors")
    (tmp_path / "text.safetensors").write_text("text")
    with pytest.raises(InputError, match="cannot be read"):
        records.read_pack(tmp_path / "text.safetensors")
    records.save_file({"0001/photo": torch.zeros(4, dtype=torch.uint8)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="no pack of people"):
        records.read_pack(tmp_path / "other.safetensors")
