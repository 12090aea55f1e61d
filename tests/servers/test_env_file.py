"""Files of variables, as people keep them: what is read, and what is refused with its line."""

import json
import random
from pathlib import Path

import pytest

from servers.apps.env_file import MOST_BYTES, names, read_all
from servers.errors import ProfileError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a file of variables is."""
    return tmp_path / ".env"


def read(file: Path, content: str | bytes, **over: str) -> dict[str, str]:
    """Write a file, and read it."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    [found] = read_all([file], over)
    return dict(found.env)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("# words\n\nA=1 # one\nB=2\n", {"A": "1", "B": "2"}),
        ("export A=1\r\nB = two words \r\n", {"A": "1", "B": "two words"}),
        ("A='x # y'\nB=\"x\\ny\"", {"A": "x # y", "B": "x\ny"}),
        ("KEY='-----BEGIN\nabc\n-----END'\nB=", {"KEY": "-----BEGIN\nabc\n-----END", "B": ""}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=b\nB=${A}/c\nC=${D:-d}", {"A": "b", "B": "b/c", "C": "d"}),
        ("URL=postgres://me:s3%20@h/db?a=b#c", {"URL": "postgres://me:s3%20@h/db?a=b#c"}),
        ("FORMAT={port} $HOME", {"FORMAT": "{port} $HOME"}),
        ("\ufeffA=é", {"A": "é"}),
        ("", {}),
    ],
)
def test_what_people_write(file: Path, text: str, expected: dict[str, str]) -> None:
    """As python-dotenv reads it in the app itself."""
    assert read(file, text) == expected


def test_the_callers_own_environment_does_not_leak_in(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is named must have been given."""
    monkeypatch.setenv("USER_OF_DB", "me")
    with pytest.raises(
        ProfileError, match="refers to the variable 'USER_OF_DB', which is set neither above"
    ):
        read(file, "URL=db://${USER_OF_DB}@h")
    assert read(file, "URL=db://${USER_OF_DB}@h", USER_OF_DB="you") == {"URL": "db://you@h"}


def test_a_later_file_overrides_an_earlier_one(tmp_path: Path) -> None:
    """And may name what the earlier has."""
    (tmp_path / "a").write_text("A=1\nB=1\n", encoding="utf-8")
    (tmp_path / "b").write_text("B=2\nC=${A}${B}\n", encoding="utf-8")
    found = read_all([tmp_path / "a", tmp_path / "b"], {})
    assert [dict(each.env) for each in found] == [{"A": "1", "B": "1"}, {"B": "2", "C": "12"}]


REFUSED = [
    ("A=1\n\n\nB='hidden", "line 4: it cannot be read: write NAME=VALUE, and close quotes"),
    ("A=1\n=2", "line 2: it cannot be read"),
    ('A=1\n B="x" y\n', "line 2: it cannot be read"),
    ("A=1\nSECRET", "line 2: it has a name but no value: write NAME=VALUE"),
    ("'A B'=1", "line 1: the text before '=' is not the name of a variable"),
    ("A=1\nB=\0", "line 2: it contains a NUL byte"),
    (b"A=1\nB=\xff", "line 2: it is not UTF-8 text"),
    ("A=1\n".encode("utf-16"), "line 1: it is not UTF-8 text: save the file as UTF-8"),
    (f"A={'x' * 2**17}", "line 1: 'A' is longer than a variable can be"),
    (b"#" * (MOST_BYTES + 1), "is larger than 1 MiB"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_read_is_named_by_its_line(
    file: Path, content: str | bytes, said: str
) -> None:
    """In one line, and without what it holds, which may be a secret."""
    with pytest.raises(ProfileError) as refused:
        read(file, content)
    assert said in str(refused.value)
    assert str(refused.value).startswith(f"--env-file '{file}' ")
    assert "\n" not in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Or is a folder."""
    with pytest.raises(ProfileError, match="cannot be read: No such file or directory"):
        read_all([tmp_path / "none"], {})
    with pytest.raises(ProfileError, match="cannot be read: Is a directory"):
        read_all([tmp_path], {})


WRITTEN = b"# words\nA=1\nexport B='two\nlines'\nC=\"${A} \\n\" # one\n\nD=\xc3\xa9\n"
TOKENS = (b"'", b'"', b"=", b"#", b"${", b"}", b":-", b"\\", b"\n", b"\r", b"\0", b"\xff", b"A")


def mutated(chance: random.Random) -> bytes:
    """A file with some places in it cut out, doubled, or replaced."""
    content = WRITTEN
    for _ in range(chance.randint(1, 2)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.randint(0, 8))
        put = chance.choice([b"", content[start:end] * 2, chance.choice(TOKENS)])
        content = content[:start] + put + content[end:]
    return content


def test_any_input_is_read_or_refused(file: Path) -> None:
    """A thousand of them: in one line where it is refused."""
    with file.open("wb", buffering=0) as writing:
        for seed in range(1000):
            writing.seek(0)
            writing.truncate()
            writing.write(mutated(random.Random(seed)))  # noqa: S311 - damage, no secret
            found, refusal = {}, ""
            try:
                found = dict(read_all([file], {})[0].env)
            except ProfileError as error:
                refusal = str(error)
            assert refusal.isprintable(), seed
            assert all("\0" not in f"{name}{value}" for name, value in found.items()), seed


def test_what_is_written_down_has_no_value(file: Path) -> None:
    """Names, and a digest by which a change is seen, too short to guess a value by."""
    file.write_text("B=hunter2\nA=1\n", encoding="utf-8")
    [first] = read_all([file], {})
    assert first.recorded["name"] == ".env"
    assert first.recorded["variables"] == ["A", "B"]
    assert len(first.recorded["digest"]) == 4
    assert "hunter2" not in json.dumps(first.recorded) + repr(first)
    file.write_text("# said otherwise\nA=1\nB='hunter2'\n", encoding="utf-8")
    [same] = read_all([file], {})
    assert same.recorded == first.recorded
    file.write_text("B=hunter3\nA=1\n", encoding="utf-8")
    [other] = read_all([file], {})
    assert other.recorded["digest"] != first.recorded["digest"]


def test_names_of_a_file_that_may_be_none(file: Path) -> None:
    """Nothing is raised where somebody only wants to know."""
    file.write_text("A=1\nB=${C}\n", encoding="utf-8")
    assert names(file) == {"A", "B"}
    assert names(file.with_name("none")) == frozenset()
