"""An index that asks for a password, as the settings of pip or of uv name it."""

import base64
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.environments.cache import build
from servers.errors import EnvironmentBuildError, ProfileError
from servers.profile import Interface, Profile
from servers.requirements import Requirements
from tests.ending import join

SECRET = "s3cret"  # noqa: S105 - of a server that lives for a test
AUTH = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()
WHEEL = "hidden_thing-1.0-py3-none-any.whl"
BARE = Profile("x", Interface.ASGI, "X", ("x",))


def wheel() -> bytes:
    """Make a package of one empty module."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = "hidden_thing-1.0.dist-info"
        archive.writestr("hidden_thing.py", "")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: hidden-thing\nVersion: 1.0"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        archive.writestr(f"{info}/RECORD", "")
    return packed.getvalue()


class Index(BaseHTTPRequestHandler):
    """Gives one package to whoever knows the password."""

    def do_GET(self) -> None:
        """Answer a request of the installer's."""
        if self.headers["Authorization"] != AUTH:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()
            return
        page = f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()
        body = wheel() if self.path.endswith(".whl") else page
        found = "hidden" in self.path
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name of a method of HTTP

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def index() -> Iterator[int]:
    """Run the index; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            join(thread)


def secrets_in(folder: Path) -> list[Path]:
    """Name the files that hold the password."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """Need the package, with no settings but a test's own."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    (tmp_path / "project").mkdir()
    file = tmp_path / "project" / "requirements.txt"
    file.write_text("hidden-thing\n")
    return App("main:app", None, file.parent, Requirements(file, file.parent))


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "UV_INDEX_URL"])
async def test_it_is_asked_with_the_password(
    variable: str, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is in no file afterwards."""
    with index() as port:
        monkeypatch.setenv(variable, f"http://me:{SECRET}@127.0.0.1:{port}/index")
        found = await build(BARE, app, tmp_path / "cache")
    assert found.packages == {"hidden-thing": "1.0"}
    assert secrets_in(tmp_path / "cache") == []


async def test_a_lock_names_the_index_and_a_variable_the_password(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before the settings of who installs; the password is in no file afterwards."""
    file = app.directory / "Pipfile.lock"
    monkeypatch.setenv("PASSWORD", SECRET)
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/nobody")
    with index() as port:
        url = f"http://me:${{PASSWORD}}@127.0.0.1:{port}/index"
        locked = {"hidden-thing": {"version": "==1.0"}}
        file.write_text(json.dumps({"_meta": {"sources": [{"url": url}]}, "default": locked}))
        wanted = replace(app, requirements=Requirements(file, file.parent))
        found = await build(BARE, wanted, tmp_path / "cache")
    assert found.packages == {"hidden-thing": "1.0"}
    assert secrets_in(tmp_path / "cache") == []


async def test_no_password_in_what_fails(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the message nor in the log that stays, nor where the file itself has it."""
    with index() as port:
        monkeypatch.setenv("UV_INDEX_URL", f"http://you:{SECRET}@127.0.0.1:{port}/index")
        text = f"hidden-thing\ngone @ http://me:{SECRET}@127.0.0.1:{port}/hidden/gone-1.tar.gz\n"
        (tmp_path / "project" / "requirements.txt").write_text(text)
        with pytest.raises((ProfileError, EnvironmentBuildError)) as caught:
            await build(BARE, app, tmp_path / "cache")
    assert SECRET not in str(caught.value)
    assert SECRET not in "".join(getattr(caught.value, "log_tail", ()))
    assert secrets_in(tmp_path / "cache") == []
