"""`bodydouble studio` says its address, serves there, and ends when asked to."""

import signal
import subprocess
import sys
import urllib.request

import pytest

from bodydouble import cli


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(tmp_path, ending):
    command = [sys.executable, "-m", "bodydouble", "studio", "--no-browser", "--folder", str(tmp_path / "doubles")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as studio:
        address, _, token = studio.stdout.readline().strip().partition("#")
        assert address.startswith("http://127.0.0.1:") and token
        assert "Ctrl-C closes it" in studio.stdout.readline()
        asked = urllib.request.Request(f"{address}api/state", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200
        studio.send_signal(ending)
        output, errors = studio.communicate(timeout=30)
    assert (studio.returncode, output, errors) == (0, "", "")
    assert (tmp_path / "doubles").is_dir()


def test_bad_arguments_are_the_callers_mistake(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["studio", "--no-browser", "--folder", str(tmp_path / "file")]) == 2
    assert cli.main(["studio", "--no-browser", "--folder", str(tmp_path / "a"), "--port", "99999"]) == 2
    errors = capsys.readouterr().err
    assert "cannot be the studio's folder" in errors and "choose another with --port" in errors


def test_the_browser_is_opened_at_the_address(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("bodydouble.studio.server.webbrowser.open", opened.append)
    monkeypatch.setattr("bodydouble.studio.server.Studio.serve", lambda self: self.queue.close())
    assert cli.main(["studio", "--quiet", "--folder", str(tmp_path / "a")]) == 0
    assert opened == capsys.readouterr().out.split()
