"""Profiles from TOML files: what is read, and what bad input is told."""

from pathlib import Path

import pytest

from servers.errors import ProfileError
from servers.profile import PLACEHOLDERS, Interface, Lack, Profile, Serve
from servers.profile_files.load import load
from servers.tls import Tls

GOOD = """
name = "web"
interface = "asgi"
title = "Web"
requires = ["Web_Server[fast]==1.0", "loop==2.0"]
argv = ["{python}", "-m", "web", "{app}", "--port", "{port}"]
env = { A = "1", B = "2" }

[serve]
argv = ["{bin}/web", "{app}"]
reload = ["--reload"]
requires = ["watch==3"]

[variants.slow]
argv = ["{python}", "-m", "web", "--slow", "{app}", "-p", "{port}"]
env = { B = "3" }

[variants.far]
url = "http://127.0.0.1:9000/"

[variants.same]
requires = ["loop==1.0"]
"""


@pytest.fixture
def profiles(tmp_path: Path) -> dict[str, Profile]:
    """Load the good file, by name."""
    return {profile.name: profile for profile in load(written(tmp_path, GOOD))}


def written(folder: Path, text: str) -> Path:
    """Write a profile file."""
    path = folder / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    """Return what is said of a bad file, its folder left out."""
    with pytest.raises(ProfileError) as caught:
        load(written(folder, text))
    return str(caught.value).removeprefix(str(folder) + "/")


def test_base_is_read(profiles: dict[str, Profile], tmp_path: Path) -> None:
    """Every field comes through; the package is the first requirement's."""
    expected = Profile(
        name="web",
        interface=Interface.ASGI,
        title="Web",
        argv=("{python}", "-m", "web", "{app}", "--port", "{port}"),
        requires=("Web_Server[fast]==1.0", "loop==2.0"),
        package="Web_Server",
        env={"A": "1", "B": "2"},
        serve=Serve(("{bin}/web", "{app}"), ("--reload",), ("watch==3",)),
        directory=tmp_path.resolve(),
    )
    assert expected == profiles["web"]


def test_base_comes_first(profiles: dict[str, Profile]) -> None:
    """Variants follow in the order of the file."""
    assert list(profiles) == ["web", "web-slow", "web-far", "web-same"]


def test_variant_merges_env_and_replaces_the_rest(profiles: dict[str, Profile]) -> None:
    """A variant's line replaces the base's, its variables join the base's."""
    slow = profiles["web-slow"]
    assert slow.env == {"A": "1", "B": "3"}
    assert slow.argv == ("{python}", "-m", "web", "--slow", "{app}", "-p", "{port}")
    assert slow.requires == profiles["web"].requires
    assert slow.title == "Web, slow"


def test_variant_with_its_own_line_does_not_serve_by_the_bases(
    profiles: dict[str, Profile],
) -> None:
    """The base's serving line would start another server."""
    assert profiles["web-slow"].serve is None
    assert profiles["web-same"].serve == profiles["web"].serve


def test_variant_with_its_own_requirements_has_its_own_package(
    profiles: dict[str, Profile],
) -> None:
    """Its first requirement is its server."""
    assert profiles["web-same"].package == "loop"


def test_variant_may_be_run_by_somebody_else(profiles: dict[str, Profile]) -> None:
    """A url takes the place of the line; a slash at its end is dropped."""
    far = profiles["web-far"]
    assert far.external
    assert (far.url, far.argv) == ("http://127.0.0.1:9000", ())


def test_versions_are_found_by_canonical_name(profiles: dict[str, Profile]) -> None:
    """Web_Server is web-server once installed."""
    assert profiles["web"].version({"web-server": "1.0"}) == "1.0"
    assert profiles["web"].version({}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'name = "x"\ninterface = "asgi"\n\nargz = ["a"]\n',
            (
                "x.toml line 4: unknown key 'argz'; known: adapter, argv, default, default_over, "
                "env, interface, lacks, name, older, package, protocols, requires, serve, title, "
                "tls, url, variants, verify, websocket, websocket_by, wsgi_default"
            ),
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a"]\n[variants.b]\n# \nworkers = 2\n',
            (
                "x.toml line 6: unknown key 'workers'; known: adapter, argv, default_over, env, "
                "interface, lacks, older, package, protocols, requires, serve, title, tls, url, "
                "verify, websocket, websocket_by, wsgi_default"
            ),
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a"]\n[serve]\nargv = ["b"]\nlog = 1\n',
            "x.toml line 6: unknown key 'log'; known: argv, reload, requires",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = "run"\n',
            "x.toml line 3: 'argv': input should be a valid list; found 'run'",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a", 5]\n',
            "x.toml line 3: 'argv.1': input should be a valid string; found 5",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a"]\n[env]\nPORT = 80\n',
            "x.toml line 5: 'env.PORT': input should be a valid string; found 80",
        ),
        (
            'name = "x"\ninterface = "rsgi"\nargv = ["a"]\n',
            "x.toml line 2: 'interface': input should be 'asgi' or 'wsgi'; found 'rsgi'",
        ),
        ('name = "x"\nargv = ["a"]\n', "x.toml line 1: 'interface' is missing: add it"),
        (
            'name = "x"\ninterface = "asgi"\n',
            "x.toml line 1: 'x' needs either 'argv' or 'url': one of them, not both",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a"]\nurl = "http://h:1"\n',
            "x.toml line 1: 'x' needs either 'argv' or 'url': one of them, not both",
        ),
        (
            'name = "x"\ninterface = "asgi"\nurl = "https://h:1/path"\n',
            "x.toml line 3: 'url' is 'https://h:1/path': write it like http://127.0.0.1:8000",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a", "{prot}"]\n',
            (
                "x.toml line 3: unknown placeholder {prot} in 'argv'; known: "
                + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            ),
        ),
        (
            'name = "My Server"\ninterface = "asgi"\nargv = ["a"]\n',
            "x.toml line 1: name 'My Server': use lower-case letters, digits, '.' and '-'",
        ),
        (
            'name = "x"\ninterface = "asgi"\nargv = ["a"\n',
            "x.toml is not valid TOML: Unclosed array (at end of document)",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    """File, line, what was found, what is known."""
    assert expected == complaint(tmp_path, text)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is the user's slip, told with its name."""
    with pytest.raises(ProfileError, match=r"none\.toml cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_binary_file(tmp_path: Path) -> None:
    """So is a file that is not text."""
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="cannot be read: it is not UTF-8 text"):
        load(tmp_path / "x.toml")


@pytest.mark.parametrize("brace", ["{}", '{"a": 1}', "{ port }"])
def test_braces_that_are_no_placeholder(tmp_path: Path, brace: str) -> None:
    """Only a word in braces is meant to be filled in."""
    text = f"name = \"x\"\ninterface = \"asgi\"\nargv = ['a', '{{port}}', '{brace}']\n"
    if brace == "{}":
        assert "unknown placeholder {}" in complaint(tmp_path, text)
    else:
        assert load(written(tmp_path, text))[0].argv == ("a", "{port}", brace)


@pytest.mark.parametrize(
    ("interface", "more", "expected"),
    [
        ("asgi", "", ()),
        ("asgi", 'lacks = ["lifespan"]', (Lack.LIFESPAN,)),
        ("wsgi", "", (Lack.LIFESPAN, Lack.WEBSOCKET)),
    ],
)
def test_what_a_server_lacks(
    interface: str, more: str, expected: tuple[Lack, ...], tmp_path: Path
) -> None:
    """Its profile says so; WSGI knows no more than requests."""
    path = tmp_path / "x.toml"
    path.write_text(f'name = "x"\ninterface = "{interface}"\nargv = ["a", "{{port}}"]\n{more}\n')
    assert load(path)[0].lacks == expected


@pytest.mark.parametrize(
    ("interface", "packages", "expected"),
    [
        ("asgi", {}, (Lack.LIFESPAN, Lack.WEBSOCKET)),
        ("asgi", {"ws-proto": "1.0"}, (Lack.LIFESPAN,)),
        ("wsgi", {"ws-proto": "1.0"}, (Lack.LIFESPAN, Lack.WEBSOCKET)),
    ],
)
def test_what_an_app_brings_may_mend_a_lack(
    interface: str, packages: dict[str, str], expected: tuple[Lack, ...], tmp_path: Path
) -> None:
    """A server without a WebSocket library takes that of the app; under WSGI none helps."""
    text = (
        f'name = "x"\ninterface = "{interface}"\nargv = ["a", "{{port}}"]\n'
        'lacks = ["lifespan", "websocket"]\nwebsocket_by = ["WS_Proto"]\n'
    )
    assert load(written(tmp_path, text))[0].fitted(packages).lacks == expected


def test_what_makes_a_wsgi_app_of_the_items_app(tmp_path: Path) -> None:
    """It is installed, and stands in the title where it is at work."""
    path = tmp_path / "x.toml"
    path.write_text(
        'name = "x"\ninterface = "wsgi"\nargv = ["a", "{port}"]\n'
        'requires = ["x==1"]\nadapter = "y==2"\n'
    )
    [found] = load(path)
    assert found.requires == ("x==1", "y==2")
    assert (found.title, found.with_adapter.title) == ("x", "x + y")


def line(argv: str, more: str = "") -> str:
    """A profile whose launch line is so."""
    return f'name = "x"\ninterface = "asgi"\nargv = [\n    "web", {argv},\n]\n{more}'


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ('"{app}", "--port", "8000"', "'8000' is a fixed port"),
        ('"{app}", "-p", "8000"', "'8000' is a fixed port"),
        ('"{app}", "--port=8000"', "'--port=8000' is a fixed port"),
        ('"{app}", "-b", "0.0.0.0:8000"', "'0.0.0.0:8000' is a fixed port"),
        ('"{app}", "--bind=localhost:8000"', "'--bind=localhost:8000' is a fixed port"),
        ('"-e", "tcp:8000:interface={host}"', "'tcp:8000:interface={host}' is a fixed port"),
        ('"{app}", "--host", "10.0.0.1", "--port", "{port}"', "'10.0.0.1' is a fixed address"),
        ('"{app}", "-b", "10.0.0.1:{port}"', "'10.0.0.1' is a fixed address"),
        ('"{app}", "-b", "{host}:{port}", "--daemon"', "'--daemon' sends the server into the back"),
        ('"gunicorn", "-b", "{host}:{port}", "-D"', "'-D' sends the server into the background"),
        ('"--http", ":{port}", "--daemonize=x.log"', "'--daemonize=x.log' sends the server into"),
        ('"{app}", "--port", "{port}", "--reload"', "'--reload' turns on a reloader"),
        ('"--port", "{port}", "--reload-dir", "src"', "'--reload-dir' turns on a reloader"),
        ('"--http", ":{port}", "--py-autoreload=1"', "'--py-autoreload=1' turns on a reloader"),
        ('"manage.py", "runserver", "{port}"', "'runserver' runs a reloader"),
        ('"fastapi", "dev", "--port", "{port}"', "'fastapi dev' runs a reloader"),
        ('"{app}", "--port", "{port}", "|", "tee"', "'argv' is not run by a shell, so '|'"),
        ('"{app}", "--port", "$PORT"', "so '$PORT' is not expanded: write {port}"),
        ('"{app}", "-b", "unix:{socket}", "-p", "{port}"', "listens on {port} or on {socket}"),
        (
            '"{app}", "--ssl-certfile", "{dir}/c.pem", "-p", "{port}"',
            "c.pem', which does not exist",
        ),
    ],
)
def test_line_that_cannot_be_measured_is_refused(tmp_path: Path, argv: str, expected: str) -> None:
    """At the line where it stands, before anything is started."""
    told = complaint(tmp_path, line(argv))
    assert told.startswith("x.toml line 4: ")
    assert expected in told


def test_line_without_a_port_is_refused(tmp_path: Path) -> None:
    """It says what would do."""
    told = complaint(tmp_path, line('"{app}", "-c", "gunicorn.conf.py"'))
    assert "nothing tells the server where to listen" in told
    assert "--port {port}" in told


@pytest.mark.parametrize(
    ("argv", "more"),
    [
        ('"{app}"', '[env]\nPORT = "{port}"\n'),
        ('"{app}", "--host", "0.0.0.0", "--port", "{port}"', ""),
        ('"{app}", "--port", "{port}"', '[env]\nUVICORN_RELOAD = "false"\n'),
        ('"runserver", "--noreload", "{host}:{port}"', ""),
        ('"-e", "tcp:{port}:interface={host}"', ""),
        ('"--bind", "{host}:{port}", "--metrics", "127.0.0.1:{free_port}"', ""),
    ],
)
def test_line_that_can_be_measured(tmp_path: Path, argv: str, more: str) -> None:
    """Whatever it looks like otherwise."""
    (profile,) = load(written(tmp_path, line(argv, more)))
    assert not profile.on_socket
    assert profile.tls is None


def test_reloader_that_a_variable_turns_on(tmp_path: Path) -> None:
    """Some servers read their options there too."""
    told = complaint(tmp_path, line('"-p", "{port}"', '[env]\nGRANIAN_RELOAD = "1"\n'))
    assert "'GRANIAN_RELOAD' turns on a reloader" in told


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('"--uds", "shop.sock"', ("--uds", "{socket}")),
        ('"--uds=/run/shop.sock"', ("--uds={socket}",)),
        ('"-b", "unix:/run/shop"', ("-b", "unix:{socket}")),
        ('"--bind=unix:///run/shop.sock"', ("--bind=unix:{socket}",)),
        ('"--unix-socket=shop"', ("--unix-socket={socket}",)),
        ('"--http-socket", "{dir}/shop.sock"', ("--http-socket", "{socket}")),
        ('"-u", "/run/shop"', ("-u", "{socket}")),
        ('"--uds", "{socket}"', ("--uds", "{socket}")),
    ],
)
def test_each_start_has_a_unix_socket_of_its_own(
    tmp_path: Path, given: str, expected: tuple[str, ...]
) -> None:
    """Servers of a run live together, and would take one path from each other."""
    (profile,) = load(written(tmp_path, line(given)))
    assert profile.argv == ("web", *expected)
    assert profile.on_socket


@pytest.mark.parametrize(
    "argv",
    [
        '"--port", "{port}", "--ssl-certfile", "{certfile}", "--ssl-keyfile", "{keyfile}"',
        '"-b", "{host}:{port}", "--certfile=c.pem"',
        '"--port", "{port}", "--ssl-certificate", "c.pem"',
        '"-e", "ssl:{port}:privateKey=k.pem:certKey=c.pem"',
    ],
)
def test_line_with_a_certificate_speaks_tls(tmp_path: Path, argv: str) -> None:
    """What was started here is known by its process: nothing is verified."""
    (profile,) = load(written(tmp_path, line(argv)))
    assert profile.tls == Tls(verified=False)


def test_tls_that_a_configuration_file_turns_on_is_said(tmp_path: Path) -> None:
    """By a key of the profile."""
    (profile,) = load(written(tmp_path, line('"-b", "{host}:{port}"', "tls = true\n")))
    assert profile.tls == Tls()


@pytest.mark.parametrize(
    ("url", "more", "expected"),
    [
        ("https://shop.example", "", Tls(verified=True)),
        ("https://shop.example", "verify = false", Tls(verified=False)),
        ("https://localhost:8443", "", Tls(verified=False)),
        ("https://127.0.0.1:8443", "verify = true", Tls(verified=True)),
        ("http://shop.example", "", None),
    ],
)
def test_certificate_of_somebody_elses_server_is_verified(
    tmp_path: Path, url: str, more: str, expected: Tls | None
) -> None:
    """Unless it is on this machine, or said otherwise."""
    text = f'name = "x"\ninterface = "asgi"\nurl = "{url}"\n{more}\n'
    (profile,) = load(written(tmp_path, text))
    assert profile.tls == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('url = "ws://h:1"', "'url' is 'ws://h:1': write it like http://127.0.0.1:8000"),
        ('url = "http://h:1"\nverify = false', "'verify' needs an https url"),
        ('url = "https://h:1"\nverify = "no.pem"', "'verify' is 'no.pem', but there is no file"),
        ('url = "https://h:1"\ntls = true', "'tls' goes with 'argv'"),
        ('argv = ["{port}"]\nverify = true', "'verify' needs an https url"),
    ],
)
def test_tls_keys_that_say_nothing_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    """One line, with what to do."""
    assert expected in complaint(tmp_path, f'name = "x"\ninterface = "asgi"\n{text}\n')
