"""Laws of the folder of people: same bytes always, resumable, refused when it is another's, whole after Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from bodydouble.errors import InputError
from tests.workshop.elsewhere import environment
from tests.workshop.shard_makers import failing, noise
from workshop.synthesis.records.shards import Origin, Shards, print_progress, write_shards

ORIGIN = Origin(seed=0, config={"size": (16, 16), "views": 3}, wardrobe="abc")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven people, three a shard, made by one process. Tests leave them alone."""
    out = tmp_path_factory.mktemp("shards") / "people"
    write_shards(out, 7, noise, ORIGIN, per_shard=3)
    return out


def copy(people: Path, out: Path) -> Path:
    out.mkdir()
    for name, content in contents(people).items():
        (out / name).write_bytes(content)
    return out


def test_people_come_back(people: Path) -> None:
    shards, make = Shards(people), noise()
    assert len(shards) == 7 and shards.persons == tuple(range(7)) and shards.per_shard == 3
    assert shards.origin.seed == 0 and shards.origin.config == {"size": [16, 16], "views": 3}
    assert [len(shard.persons) for shard in shards.shards] == [3, 3, 1]
    for number in (0, 4, 6):
        found, made = shards.person(number), make(number)
        assert found.keys() == made.keys() and found["rgb"].dtype == torch.uint8
        assert all(torch.equal(found[name], made[name]) for name in made)
    with pytest.raises(IndexError, match="no person 7"):
        shards.person(7)


def test_the_bytes_do_not_depend_on_the_number_of_processes(people: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    write_shards(tmp_path / "two", 7, noise, ORIGIN, per_shard=3, workers=2, progress=lambda *what: told.append(what))
    assert contents(tmp_path / "two") == contents(people)
    assert told[0] == ("0 of 7 people", 0) and told[-1] == ("7 of 7 people", 1)
    assert sorted(done for _, done in told) == [done for _, done in told]


def test_rerunning_makes_what_is_missing_and_nothing_else_and_a_folder_may_grow(people: Path, tmp_path: Path) -> None:
    out = copy(people, tmp_path / "again")
    (out / "people-00001.safetensors").write_bytes(b"torn")
    (out / "people-00002.safetensors").unlink()
    kept = (out / "people-00000.safetensors").stat().st_mtime_ns
    write_shards(out, 8, noise, ORIGIN, per_shard=3)
    found, before = contents(out), contents(people)
    assert all(found[name] == before[name] for name in ("people-00000.safetensors", "people-00001.safetensors"))
    assert len(Shards(out)) == 8 and Shards(out).person(6)["number"] == 6 and Shards(out).person(7)["number"] == 7
    assert (out / "people-00000.safetensors").stat().st_mtime_ns == kept
    # Nothing to do: no process is started, so a factory that cannot be sent to one does no harm.
    write_shards(out, 8, lambda: noise(), ORIGIN, per_shard=3)


@pytest.mark.parametrize(
    ("origin", "per_shard", "count", "complaint"),
    [
        (Origin(seed=1, config=ORIGIN.config, wardrobe="abc"), 3, 7, "seed differ"),
        (Origin(seed=0, config={"views": 4}, wardrobe="abd"), 3, 7, "config, wardrobe differ"),
        (ORIGIN, 4, 7, "per_shard differ"),
        (ORIGIN, 3, 5, "more than 5 people"),
        (ORIGIN, 3, 0, "at least 1"),
    ],
)
def test_another_s_folder_is_refused(people: Path, origin: Origin, per_shard: int, count: int, complaint: str) -> None:
    before = contents(people)
    with pytest.raises(InputError, match=complaint):
        write_shards(people, count, noise, origin, per_shard=per_shard)
    assert contents(people) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "per_shard": 0, "shards": [{}]}'])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match="cannot read"):
        Shards(tmp_path)
    with pytest.raises(InputError, match="cannot read"):
        write_shards(tmp_path, 2, noise, ORIGIN)


def test_what_is_not_there_is_told(people: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.json"):
        Shards(tmp_path)
    with pytest.raises(InputError, match="create it first"):
        write_shards(tmp_path / "no" / "where", 2, noise, ORIGIN)
    out = copy(people, tmp_path / "torn")
    (out / "people-00001.safetensors").write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot read the shard"):
        Shards(out).person(4)


def test_a_mistake_in_making_comes_through_and_keeps_what_is_done(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="out of cloth"):
        write_shards(tmp_path / "out", 6, failing, ORIGIN, per_shard=2)
    assert Shards(tmp_path / "out").persons == (0, 1)
    assert sorted(contents(tmp_path / "out")) == ["manifest.json", "people-00000.safetensors"]


def _count_told(out: Path) -> int:
    """How many shards the manifest names: a file can lie in the folder a moment before it is told."""
    return len(Shards(out).shards) if (out / "manifest.json").is_file() else 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_leaves_only_whole_shards(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from functools import partial; import sys\n"
        "from tests.workshop.shard_makers import noise\n"
        "from workshop.synthesis.records.shards import Origin, write_shards\n"
        "if __name__ == '__main__':\n"
        "    origin = Origin(seed=0, config={}, wardrobe='')\n"
        "    write_shards(Path(sys.argv[1]), 400, partial(noise, 0, 0.1), origin, per_shard=4, workers=2)\n"
    )
    script, out = tmp_path / "run.py", tmp_path / "out"
    script.write_text(program)
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also where all of this runs under nohup
    command = [sys.executable, str(script), str(out)]
    running = subprocess.Popen(
        command, env=environment(), stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heard
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _count_told(out) < 2:
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode != 0 and b"KeyboardInterrupt" in errors
    shards = Shards(out)
    assert 2 <= len(shards.shards) < 100
    assert not [path for path in out.iterdir() if path.name.startswith(".")]  # no half written file
    for path in out.glob("people-*"):
        assert len(path.read_bytes()) > 4 * 16 * 16 * 5
    for shard in shards.shards:
        assert len(shards.person(shard.persons[0])) == 3


def test_progress_is_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with print_progress() as tell:
        for done in range(6):
            tell(f"{done} of 5 people", done / 5)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["0 of 5 people", "5 of 5 people"]


def test_the_manifest_names_every_shard(people: Path) -> None:
    told = json.loads((people / "manifest.json").read_text())
    assert [shard["name"] for shard in told["shards"]] == [f"people-{n:05d}.safetensors" for n in range(3)]
    assert all(len(shard["sha256"]) == 64 for shard in told["shards"])
    assert partial(noise, 1)()(0)["rgb"].ne(noise(0)(0)["rgb"]).any()  # the seed decides
