"""What a profile says of protocols: read once, and refused with the line where it is wrong."""

from pathlib import Path

import pytest

from servers.errors import ProfileError
from servers.profile import Profile
from servers.profile_files.load import load
from servers.protocol import Protocol
from servers.speaking import over, speaking, spoken
from servers.tls import Tls

HEAD = """\
name = "web"
interface = "asgi"
requires = ["web==1.0"]
argv = ["{bin}/web", "{app}", "--http", "1", "-p", "{port}", "-w", "{workers}"]
"""
RUNNING = 'name = "far"\ninterface = "asgi"\nurl = "http://127.0.0.1:9000"\n'


def profile_of(folder: Path, text: str) -> Profile:
    """Load a file with one profile."""
    file = folder / "x.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)[0]


def test_line_is_changed_as_the_table_says(tmp_path: Path) -> None:
    """Arguments are replaced in place, others come last; what else is needed is added."""
    table = '[protocols.h2]\nreplace = { "--http 1" = "--http 2" }\n'
    table += 'add = ["--cert", "{certfile}"]\nrequires = ["h2==4.4.1"]\nenv = { MODE = "2" }\n'
    found = speaking(profile_of(tmp_path, HEAD + table), Protocol.H2)
    assert found.argv == (
        "{bin}/web", "{app}", "--http", "2", "-p", "{port}", "-w", "{workers}",
        "--cert", "{certfile}",
    )  # fmt: skip
    assert found.requires == ("web==1.0", "h2==4.4.1")
    assert found.env == {"MODE": "2"}
    assert (found.name, found.speaker, found.title) == ("web@h2", "web", "web, h2")
    assert found.tls == Tls(newest=True)


def test_line_in_full_and_title(tmp_path: Path) -> None:
    """A table may have a whole line, and be called something else."""
    table = '[protocols.h2c]\ntitle = "web 2"\nargv = ["{bin}/web2", "{app}", "{port}"]\n'
    found = speaking(profile_of(tmp_path, HEAD + table), Protocol.H2C)
    assert (found.argv, found.title) == (("{bin}/web2", "{app}", "{port}"), "web 2")
    assert found.tls is None
    assert not found.scales


def test_own_protocol_changes_nothing_but_is_told(tmp_path: Path) -> None:
    """Over HTTP/1.1 a server keeps its name."""
    profile = profile_of(tmp_path, HEAD + "[protocols.h2c]\n")
    plain, other = over([profile], [Protocol.HTTP_1_1, Protocol.H2C]).profiles
    assert (plain.name, plain.speaker, plain.argv) == ("web", "web", profile.argv)
    assert (other.name, other.speaker, other.argv) == ("web@h2c", "web", profile.argv)


def test_variant_with_a_line_of_its_own_has_its_own_protocols(tmp_path: Path) -> None:
    """The base's tables are of the base's line."""
    file = tmp_path / "x.toml"
    variant = '[variants.b]\nargv = ["b", "{port}"]\n[variants.c]\nenv = { A = "1" }\n'
    file.write_text(HEAD + "[protocols.h2c]\n" + variant, encoding="utf-8")
    assert [spoken(profile) for profile in load(file)] == [
        (Protocol.HTTP_1_1, Protocol.H2C), (Protocol.HTTP_1_1,), (Protocol.HTTP_1_1, Protocol.H2C),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "[protocols.h4]\n",
            "line 5: unknown protocol 'h4'; known: http/1.1, https/1.1, h2c, h2, h3",
        ),
        (
            "[protocols.h2]\nad = []\n",
            "line 6: unknown key 'ad'; known: add, argv, env, faults, replace, requires,",
        ),
        ('[protocols."http/1.1"]\n', "line 5: 'http/1.1' is what 'argv' itself speaks"),
        (
            '[protocols.h2c]\nreplace = { "--http 3" = "" }\n',
            "line 6: 'replace' names '--http 3', which 'argv' does not hold",
        ),
        (
            '[protocols.h2c]\nadd = ["-x"]\nargv = ["a", "{port}"]\n',
            "line 6: 'add' changes the profile's line: leave out it or 'argv'",
        ),
        ('[protocols.h2c]\nadd = ["{prt}"]\n', "unknown placeholder {prt}"),
        ('[protocols.h2c]\nargv = ["a", "-p", "80"]\n', "line 6: '80' is a fixed port"),
        ('[protocols.h2c]\nurl = "http://h"\n', "line 6: 'url' is for a profile with a 'url'"),
        ("[protocols.h2c]\nadd = 1\n", "line 6: 'protocols.h2c.add': input should be a valid list"),
    ],
)
def test_table_that_is_wrong_is_refused(tmp_path: Path, table: str, expected: str) -> None:
    """With the line and what is known."""
    with pytest.raises(ProfileError) as refused:
        profile_of(tmp_path, HEAD + table)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("[protocols.h2]\n", "h2 is asked at a https:// URL: give it as 'url' here"),
        ('[protocols.h2c]\nadd = ["x"]\n', "'add' is for a profile with 'argv'"),
        ('[protocols.h2]\nurl = "https://h:0"\n', "h2 is asked at a https:// URL"),
    ],
)
def test_table_of_a_running_server(tmp_path: Path, table: str, expected: str) -> None:
    """Its line is nobody's to change; TLS has a URL of its own."""
    with pytest.raises(ProfileError, match=expected):
        profile_of(tmp_path, RUNNING + table)


def test_running_server_is_asked_where_it_is(tmp_path: Path) -> None:
    """By h2c at its http:// URL without a word, and by h2 where a table says."""
    table = '[protocols.h2]\nurl = "https://127.0.0.1:9443/"\n'
    profile = profile_of(tmp_path, RUNNING + table)
    plain, secure = over([profile], [Protocol.H2C, Protocol.H2]).profiles
    assert (plain.url, plain.tls) == ("http://127.0.0.1:9000", None)
    assert (secure.url, secure.tls) == ("https://127.0.0.1:9443", Tls(verified=False))


def test_who_does_not_speak_it_is_left_out_with_a_word(tmp_path: Path) -> None:
    """And the others are measured."""
    web = profile_of(tmp_path, HEAD + "[protocols.h2c]\n")
    far = profile_of(tmp_path, RUNNING.replace("9000", "9001"))
    found = over([web, far], [Protocol.HTTP_1_1, Protocol.H2C])
    assert [profile.name for profile in found.profiles] == ["web", "web@h2c", "far", "far@h2c"]
    deaf = profile_of(tmp_path, HEAD.replace("web", "deaf"))
    assert over([web, deaf], [Protocol.H2C]).left_out == ("deaf does not speak h2c",)


def test_protocol_that_nobody_speaks_is_refused(tmp_path: Path) -> None:
    """With who does; at a http:// URL, with what is missing."""
    deaf = profile_of(tmp_path, HEAD)
    with pytest.raises(ProfileError, match=r"web does not speak h2; servers that speak it: daphne"):
        over([deaf], [Protocol.H2])
    with pytest.raises(ProfileError, match="h2 needs an https:// URL"):
        over([profile_of(tmp_path, RUNNING)], [Protocol.H2])


def test_slugs_are_file_names_and_differ(tmp_path: Path) -> None:
    """One for each protocol, without what folders are separated by."""
    tables = '[protocols.h2c]\n[protocols.h2]\n[protocols."https/1.1"]\n[protocols.h3]\n'
    profile = profile_of(tmp_path, HEAD + tables)
    slugs = {speaking(profile, protocol).slug for protocol in spoken(profile)}
    assert slugs == {"web", "web_over_h2c", "web_over_h2", "web_over_https1.1", "web_over_h3"}
