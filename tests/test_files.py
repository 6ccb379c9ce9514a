"""A file is there whole, or as it was before."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bodydouble.errors import InputError
from bodydouble.files import cache_folder, printable, whole_file


def test_a_finished_block_replaces_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with whole_file(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_block_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), whole_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_file_has_the_users_usual_permissions(tmp_path, mask):
    """Also when its writer is as discreet as that of safetensors, or the old file was."""
    path = tmp_path / "a.txt"
    path.touch(0o600)
    usual = os.umask(mask)
    try:
        with whole_file(path) as temporary:
            temporary.touch(0o600)
    finally:
        os.umask(usual)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_in_the_middle_of_a_write_the_old_file_is_intact(tmp_path):
    path = tmp_path / "a.double"
    path.write_bytes(b"old")
    writer = (
        "import sys, time\n"
        "from bodydouble.files import whole_file\n"
        "with whole_file(sys.argv[1]) as temporary:\n"
        "    with open(temporary, 'wb', buffering=0) as file:\n"
        "        file.write(b'half of the new one')\n"
        "        print('writing', flush=True)\n"
        "        time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", writer, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"writing\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(0.05)
    assert path.read_bytes() == b"old"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="folder .*nowhere does not exist"), whole_file(tmp_path / "nowhere" / "a.txt"):
        pass
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_no_file_name(tmp_path):
    with pytest.raises(InputError, match="it is a folder"), whole_file(tmp_path):
        pass


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "home/.cache/bodydouble"),
        ("linux", {"XDG_CACHE_HOME": "kept"}, "kept/bodydouble"),
        ("linux", {"XDG_CACHE_HOME": ""}, "home/.cache/bodydouble"),
        ("darwin", {"LOCALAPPDATA": "local"}, "home/.cache/bodydouble"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/bodydouble"),
        ("win32", {"LOCALAPPDATA": "local", "XDG_CACHE_HOME": "kept"}, "kept/bodydouble"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, platform, environment, expected):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("pathlib.Path.home", lambda: Path("home"))
    assert cache_folder() == Path(expected)


def test_the_longest_name_that_a_file_can_have(tmp_path):
    path = tmp_path / f"{'x' * 248}.double"
    with whole_file(path) as temporary:
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"new"


def test_what_is_no_character_is_shown_escaped():
    assert printable("a b é 照片.glb") == "a b é 照片.glb"
    assert printable("caf\udce9\n\x1b[1m\ud800") == r"caf\xe9\n\x1b[1m\ud800"
