"""No other page, no other machine and no other program drives the studio; only its own files are served."""

import socket
import time

import pytest

from bodydouble.studio import app
from bodydouble.studio.app import PAGE


def test_the_page_itself_needs_no_token_and_carries_none(client):
    status, headers, body = client.request("GET", "/", headers={"Authorization": None})
    assert status == 200 and client.studio.token not in body.decode()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


@pytest.mark.parametrize("told", [None, "Bearer ", "Bearer wrong", "Basic x", "é"])
def test_without_the_token_nothing_is_told_or_done(client, told):
    for method, path in (("GET", "/api/state"), ("POST", "/api/sample"), ("POST", "/api/photos?name=a.jpg")):
        status, error = client.error(method, path, Authorization=told)
        assert status == 403 and "open the address" in error
    assert client.state()["jobs"] == []


def test_the_token_is_new_in_every_studio_and_long(client, start, tmp_path):
    other = start(folder=tmp_path / "other")
    assert client.studio.token != other.studio.token and len(other.studio.token) >= 32


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", None])
def test_a_foreign_host_is_refused(client, host):
    """A name that its owner lets point to 127.0.0.1 is not this server."""
    host = host and host.format(port=client.port)
    for path in ("/", "/page/main.mjs", "/api/state"):
        status, _, _ = client.request("GET", path, headers={"Host": host})
        assert status in (400, 403)


def test_localhost_is_this_machine(client):
    host = f"localhost:{client.port}"
    assert client.request("GET", "/api/state", headers={"Host": host, "Origin": f"http://{host}"})[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused_even_with_the_token(client, origin):
    status, error = client.error("POST", "/api/sample", Origin=origin.format(port=client.port))
    assert status == 403 and "its own page" in error
    assert client.state()["jobs"] == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_embeds_is_refused(client, site):
    """Another port of this machine is the same site."""
    assert client.request("GET", "/page/main.mjs", headers={"Sec-Fetch-Site": site})[0] == 403
    assert client.request("GET", "/page/main.mjs", headers={"Sec-Fetch-Site": "same-origin"})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e/app.py",
        "/page/three/../../app.py",
        "/page//etc/passwd",
        "/page/..%5capp.py",
        "/../../../../etc/passwd",
    ],
)
def test_the_page_s_folder_is_not_left(client, path):
    assert client.request("GET", path)[0] == 404


def test_doubles_are_found_by_id_and_products_by_their_names(client, tmp_path):
    (tmp_path / "studio" / "secret").write_text("secret")
    job = client.add(b"a")
    client.wait(job["id"], "done")
    assert client.request("GET", f"/api/doubles/{job['double']}/picture.png")[0] == 200
    for double in ("..", "%2e%2e", "..%2fdoubles", "0" * 16 + "%2f..", job["double"].upper(), "0" * 15):
        assert client.request("GET", f"/api/doubles/{double}/picture.png")[0] in (400, 404)
        assert client.request("DELETE", f"/api/doubles/{double}")[0] in (400, 404, 405)
    for file in ("about.json", "upload", "..%2fsecret", "%2e%2e%2f%2e%2e%2fsecret", "..%5csecret"):
        assert client.request("GET", f"/api/doubles/{job['double']}/{file}")[0] in (400, 404)
    assert client.request("GET", f"/api/doubles/{'0' * 16}/picture.png")[0] == 404
    assert (tmp_path / "studio" / "secret").read_text() == "secret"


def test_it_listens_on_this_machine_alone(client):
    with pytest.raises(OSError), socket.create_connection((_outside_address(), client.port), timeout=5):
        pass


def _outside_address() -> str:
    """This machine's own address in its network; none is contacted. Skips where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        return probe.getsockname()[0]


def test_more_than_the_limit_is_refused_and_leaves_nothing(client, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "UPLOAD_LIMIT", 1000)
    status, error = client.error("POST", "/api/photos?name=a.jpg", b"x" * 1001)
    assert status == 413 and "more than" in error
    # Nor is more taken from who does not say how much it will be.
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        head = f"POST /api/photos HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Authorization: Bearer {client.studio.token}\r\n\r\n".encode())
        connection.sendall((b"258\r\n" + b"x" * 600 + b"\r\n") * 2 + b"0\r\n\r\n")
        assert b" 413 " in connection.recv(100)
    assert list((tmp_path / "studio" / "doubles").iterdir()) == [] and client.state()["jobs"] == []


def test_the_limit_leaves_room_for_every_photo_that_is_read():
    from bodydouble.person.photo import MOST_PIXELS

    assert app.UPLOAD_LIMIT == MOST_PIXELS


def test_scripts_are_served_as_such(client):
    names = [path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.suffix in (".js", ".mjs")]
    assert len(names) > 10
    for name in names:
        assert client.request("GET", f"/page/{name}")[1]["content-type"].startswith("text/javascript")


def test_errors_are_told_as_json(client):
    status, error = client.error("POST", f"/api/jobs/{'0' * 16}/cancel")
    assert (status, error) == (400, "there is no such job")
    assert client.error("POST", "/api/photos?name=a.jpg", b"") == (400, "a.jpg is empty (0 bytes)")


def test_a_browser_that_goes_while_it_sends_leaves_nothing(client, tmp_path, capfd):
    head = f"POST /api/photos?name=a.jpg HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nContent-Length: 1000\r\n"
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(f"{head}Authorization: Bearer {client.studio.token}\r\n\r\n".encode() + b"x" * 500)
        _wait_for(lambda: list((tmp_path / "studio" / "doubles").iterdir()))
    _wait_for(lambda: not list((tmp_path / "studio" / "doubles").iterdir()))
    assert client.state()["jobs"] == []
    assert "Traceback" not in capfd.readouterr().err


def test_a_full_disk_is_told(client, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app, "new_id", fail)
    assert client.error("POST", "/api/sample") == (500, "the studio's folder cannot be used: No space left on device")


def _wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
