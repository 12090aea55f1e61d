"""Servers as they are run where WebSockets are measured."""

from pathlib import Path

import pytest

from servers import catalogue
from servers.errors import ProfileError
from servers.profile import Interface, Lack
from servers.profile_files.load import load
from servers.protocol import Protocol
from servers.speaking import speaking
from servers.websocket import equipped, has_websockets, with_websocket

BUILTIN = catalogue.builtin()


def test_every_asgi_server_but_one_has_websockets() -> None:
    """Or is given them; a WSGI server has none."""
    without = {name for name, profile in BUILTIN.items() if not has_websockets(profile)}
    wsgi = {name for name, each in BUILTIN.items() if each.interface is Interface.WSGI}
    assert without == wsgi | {"pyvoy"}


def test_the_line_is_the_profiles_but_for_what_differs() -> None:
    """Name and title too: it is the same server."""
    uvicorn, granian = BUILTIN["uvicorn"], BUILTIN["granian"]
    equipped_uvicorn, equipped_granian = with_websocket(uvicorn), with_websocket(granian)
    assert equipped_uvicorn.argv == (*uvicorn.argv, "--ws", "websockets")
    assert equipped_uvicorn.requires == (*uvicorn.requires, "websockets==17.4")
    expected = tuple("--ws" if word == "--no-ws" else word for word in granian.argv)
    assert equipped_granian.argv == expected
    for one, other in ((uvicorn, equipped_uvicorn), (granian, equipped_granian)):
        assert (one.name, one.title) == (other.name, other.title)
        assert Lack.WEBSOCKET in one.lacks
        assert Lack.WEBSOCKET not in other.lacks
    assert with_websocket(BUILTIN["hypercorn"]) is BUILTIN["hypercorn"]


def test_over_tls_the_line_differs_in_both() -> None:
    """wss:// is an upgrade of HTTP/1.1 over TLS."""
    found = with_websocket(speaking(BUILTIN["granian"], Protocol.HTTPS_1_1))
    assert "--ws" in found.argv
    assert "--no-ws" not in found.argv
    assert "--ssl-certificate" in found.argv


def test_who_has_none_is_left_out() -> None:
    """With a word; the order is kept."""
    chosen = [BUILTIN[name] for name in ("waitress", "hypercorn", "uvicorn")]
    found = equipped(chosen, "chat.py")
    assert [profile.name for profile in found.profiles] == ["hypercorn", "uvicorn"]
    assert found.left_out == ("waitress has no WebSockets, which workload 'chat.py' needs",)


def test_where_nobody_has_any_who_does_is_told() -> None:
    """In one line."""
    with pytest.raises(ProfileError) as refused:
        equipped([BUILTIN["waitress"], BUILTIN["cheroot"]], "chat.py")
    said = "none of waitress, cheroot has WebSockets, which workload 'chat.py' needs; servers that"
    assert str(refused.value).startswith(said)
    assert "uvicorn" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[websocket]\nadd = ["--ws"]', "line 4: [websocket] is for a server with an 'argv'"),
        (
            'lacks = ["websocket"]\n[websocket.replace]\n"--off" = "--on"',
            "line 5: 'replace' names '--off', which 'argv' does not hold",
        ),
        (
            'lacks = ["websocket"]\n[websocket]\nargv = ["x"]',
            "line 6: unknown key 'argv'; known: add, replace, requires",
        ),
    ],
)
def test_tables_that_cannot_be_meant(text: str, said: str, tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "x.toml"
    path.write_text(
        f'name = "x"\ninterface = "asgi"\nargv = ["a", "{{port}}"]\n{text}\n', encoding="utf-8"
    )
    with pytest.raises(ProfileError) as refused:
        load(path)
    assert said in str(refused.value)
