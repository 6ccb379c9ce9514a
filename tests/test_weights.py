"""Weights are found by path or by name, and a shipped file must be the one it is said to be."""

from hashlib import sha256

import pytest

from bodydouble import weights
from bodydouble.dinar.networks import load_networks
from bodydouble.doctor import examine
from bodydouble.errors import InputError
from bodydouble.inpaint.exemplar.network import load_attention
from bodydouble.weights import find_weights


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package that ships weights under the name "lite"."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "lite.safetensors"
    file.write_bytes(b"weights")
    monkeypatch.setattr(weights.resources, "files", lambda package: tmp_path)
    monkeypatch.setattr(weights, "SHIPPED", {"lite": ("lite.safetensors", sha256(b"weights").hexdigest())})
    return file


def test_a_name_is_what_ships(shipped):
    found = find_weights("lite")
    assert found.path == shipped and found.sha256 == sha256(b"weights").hexdigest()


def test_a_path_comes_first(shipped, tmp_path, monkeypatch):
    (tmp_path / "lite.safetensors").write_bytes(b"my own")
    monkeypatch.chdir(tmp_path)
    assert find_weights("lite.safetensors").sha256 == sha256(b"my own").hexdigest()
    assert find_weights("lite").path == shipped


def test_a_shipped_file_that_was_changed_is_refused(shipped):
    shipped.write_bytes(b"other weights")
    with pytest.raises(InputError, match="damaged"):
        find_weights("lite")
    shipped.unlink()
    with pytest.raises(InputError, match="missing"):
        find_weights("lite")


def test_an_unknown_name_says_what_is_known(shipped):
    with pytest.raises(InputError, match="known names: lite"):
        find_weights("heavy")


def test_doctor_tells_of_weights(shipped):
    def told():
        return {finding.what: finding.present for finding in examine() if "weights" in finding.what}

    assert told()["learned weights lite"] is True
    shipped.write_bytes(b"other weights")
    assert told()["learned weights lite"] is False


def test_what_ships_loads_and_is_small_enough():
    files = {name: find_weights(name) for name in weights.SHIPPED}
    assert set(files) == {"completion", "exemplar", "garments", "hats", "lite", "names", "parser", "skins", "style"}
    assert sum(file.path.stat().st_size for file in files.values()) <= 30e6
    networks = load_networks("lite")
    assert networks.preset == "lite" and int(networks.source["steps, appearance"]) > 0
    assert all(value.isfinite().all() for value in networks.state_dict().values() if value.is_floating_point())
    assert load_attention().weights == {files["exemplar"].path.name: files["exemplar"].sha256}
