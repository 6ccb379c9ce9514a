"""No job is lost: whatever ends it says so, and the next one begins."""

import json
import os
import signal
import sys
import time

import pytest

from bodydouble.errors import InputError
from bodydouble.studio import job_queue
from bodydouble.studio.folder import StudioFolder
from bodydouble.studio.server import Studio


def test_progress_is_told_while_it_works(client):
    job = client.add(b"slow")
    end = time.monotonic() + 60
    while client.job(job["id"])["stage"] != "fit":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert client.job(job["id"])["done"] == 0.5 and client.job(job["id"])["state"] == "running"


def test_one_at_a_time_and_in_their_order(client):
    first, second, third = client.add(b"slow"), client.add(b"b"), client.add(b"c")
    client.wait(first["id"], "running")
    assert client.job(second["id"])["state"] == client.job(third["id"])["state"] == "waiting"
    client.call("POST", f"/api/jobs/{second['id']}/cancel")
    assert client.job(second["id"])["state"] == "cancelled", "before it began"
    client.call("POST", f"/api/jobs/{first['id']}/cancel")
    client.wait(first["id"], "cancelled")
    client.wait(third["id"], "done")
    assert client.job(second["id"])["state"] == "cancelled"


def test_what_was_cancelled_can_be_started_again_in_the_same_worker(client):
    job = client.add(b"slow")
    for _ in range(2):
        client.wait(job["id"], "running")
        client.call("POST", f"/api/jobs/{job['id']}/cancel")
        client.wait(job["id"], "cancelled")
        assert client.error("POST", f"/api/jobs/{job['id']}/cancel")[1].startswith("this is cancelled already")
        client.call("POST", f"/api/jobs/{job['id']}/again")
    client.wait(job["id"], "running")
    assert client.error("POST", f"/api/jobs/{job['id']}/again")[0] == 400


def test_a_worker_that_does_not_hear_is_ended(start, monkeypatch):
    monkeypatch.setattr(job_queue.JobQueue.__init__, "__defaults__", (job_queue.WORKER, 0.3))
    client = start()
    job = client.add(b"deaf")
    client.wait(job["id"], "running")
    client.call("POST", f"/api/jobs/{job['id']}/cancel")
    client.wait(job["id"], "cancelled")
    client.wait(client.add(b"a")["id"], "done")


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"bad", "this shows nobody"), (b"broken", "mistake of the program"), (b"dying", "ended by itself")],
)
def test_what_fails_says_why_and_the_queue_goes_on(client, content, error):
    job, next_job = client.add(content), client.add(b"a")
    assert error in client.wait(job["id"], "failed")["error"]
    client.wait(next_job["id"], "done")
    assert [double["id"] for double in client.state()["doubles"]] == [next_job["double"]]


def test_a_worker_that_is_killed_does_not_take_the_page_along(client):
    first = client.add(b"a")
    client.wait(first["id"], "done")
    job = client.add(b"slow")
    client.wait(job["id"], "running")
    os.kill(client.state()["doubles"][0]["pid"], getattr(signal, "SIGKILL", signal.SIGTERM))
    assert "ended by itself" in client.wait(job["id"], "failed")["error"]
    client.wait(client.add(b"a")["id"], "done")
    assert len(client.state()["doubles"]) == 2


def test_a_restart_keeps_doubles_and_interrupts_what_was_not_done(start):
    before = start()
    done, bad = before.add(b"a"), before.add(b"bad")
    before.wait(bad["id"], "failed")
    running, waiting = before.add(b"slow"), before.add(b"b")
    before.wait(running["id"], "running")
    before.close()
    after = start()
    states = {job["id"]: job["state"] for job in after.state()["jobs"]}
    expected = ["done", "failed", "interrupted", "interrupted"]
    assert [states[job["id"]] for job in (done, bad, running, waiting)] == expected
    assert [double["id"] for double in after.state()["doubles"]] == [done["double"]]
    after.call("POST", f"/api/jobs/{waiting['id']}/again")
    after.wait(waiting["id"], "done")
    assert len(after.state()["doubles"]) == 2


def test_what_was_running_when_the_machine_went_off_is_interrupted(start, tmp_path):
    """Then nobody wrote that it was."""
    before = start()
    job = before.add(b"slow")
    before.wait(job["id"], "running")
    path = tmp_path / "studio" / "jobs" / f"{job['id']}.json"
    left = path.read_text()
    before.close()
    assert json.loads(left)["state"] == "running"
    path.write_text(left)
    path.with_name("torn.json").write_text(left[:40])
    path.with_name("other.json").write_text('{"id": "../../x"}')
    assert [each["state"] for each in start().state()["jobs"]] == ["interrupted"]


def test_a_full_disk_does_not_end_the_queue(client, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError(28, "No space left on device")

    job = client.add(b"slow")
    client.wait(job["id"], "running")
    with monkeypatch.context() as full:
        full.setattr(StudioFolder, "save", fail)
        client.call("POST", f"/api/jobs/{job['id']}/cancel")
        client.wait(job["id"], "cancelled")
        assert "No space left on device" in client.error("POST", "/api/photos?name=a.jpg", b"a")[1]
        assert len(client.state()["jobs"]) == 1, "what was refused does not run"
        assert len(list((tmp_path / "studio" / "doubles").iterdir())) == 1, "and its photo is not kept"
    client.wait(client.add(b"a")["id"], "done")


def test_a_double_is_removed_with_its_jobs_even_while_it_is_made(client, tmp_path):
    job = client.add(b"slow")
    client.wait(job["id"], "running")
    client.call("DELETE", f"/api/doubles/{job['double']}")
    assert client.state()["jobs"] == []
    assert list((tmp_path / "studio" / "doubles").iterdir()) == list((tmp_path / "studio" / "jobs").iterdir()) == []
    client.wait(client.add(b"a")["id"], "done")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to ask whether a process runs")
def test_the_worker_ends_with_the_studio(client):
    client.wait(client.add(b"a")["id"], "done")
    pid = client.state()["doubles"][0]["pid"]
    client.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.fixture
def left(start, tmp_path):
    """The file of a job that came to nothing, of a studio that was closed."""
    before = start()
    job = before.add(b"bad")
    before.wait(job["id"], "failed")
    before.close()
    return tmp_path / "studio" / "jobs" / f"{job['id']}.json"


def test_a_job_of_no_numbers_does_not_stay(start, left):
    left.write_text(json.dumps({**json.loads(left.read_text()), "options": {"height": float("nan")}}))
    assert start().state()["jobs"] == []


def test_a_folder_has_one_studio_at_a_time(client, start, tmp_path):
    with pytest.raises(InputError, match="another studio is open"):
        Studio(tmp_path / "studio")
    client.close()
    assert start().state()["jobs"] == []


def test_a_job_of_another_version_is_read(start, left):
    values = json.loads(left.read_text())
    del values["options"]
    left.write_text(json.dumps({**values, "newer": 1}))
    assert [each["id"] for each in start().state()["jobs"]] == [left.stem]


def test_a_port_that_is_taken_and_a_folder_that_is_none(client, tmp_path):
    with pytest.raises(InputError, match="choose another with --port"):
        Studio(tmp_path / "other", client.port)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be the studio's folder"):
        Studio(tmp_path / "file")


def test_a_hundred_jobs_with_cancels_and_bad_files_lose_none(client, tmp_path):
    kinds = [b"a", b"slow", b"bad", b"a", b"broken"]
    expected = {b"a": "done", b"slow": "cancelled", b"bad": "failed", b"broken": "failed"}
    jobs = [(client.add(kinds[number % 5]), kinds[number % 5]) for number in range(100)]
    for job, kind in jobs:
        if kind == b"slow":
            client.wait(job["id"], "running", "waiting")
            client.call("POST", f"/api/jobs/{job['id']}/cancel")
    client.wait(jobs[-1][0]["id"], "failed")
    states = {job["id"]: job["state"] for job in client.state()["jobs"]}
    assert states == {job["id"]: expected[kind] for job, kind in jobs}
    assert len(client.state()["doubles"]) == 40
    assert len({double["pid"] for double in client.state()["doubles"]}) == 1, "one worker did it all"
