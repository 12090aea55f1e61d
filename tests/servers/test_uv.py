"""Where packages are looked for, and what is kept of what the installer says."""

from pathlib import Path

import pytest

from servers.environments.pip_settings import as_uv_settings
from servers.environments.uv import Uv, UvError, find_uv, gist, without_passwords

SECRET = "https://me:s3cr:et@example.org/index"  # noqa: S105 - as people have them in files


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the settings of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CERT", "TRUSTED_HOST"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
    for name in ("INDEX", "DEFAULT_INDEX", "INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS"):
        monkeypatch.delenv(f"UV_{name}", raising=False)
    for name in ("UV_INDEX_STRATEGY", "UV_INSECURE_HOST", "SSL_CERT_FILE", "UV_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)


def write(file: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a file of pip's, the last that it reads."""
    file.write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))


def test_settings_of_pip_are_settings_of_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file, and its variables before that; as pip it takes the best of all indexes."""
    text = f"[global]\nindex-url = {SECRET}\nextra-index-url =\n  https://a\n  https://b\n"
    text += "find_links = /x /y\ntrusted-host = h\nno-index = true\n[install]\ncert = /c.pem\n"
    write(tmp_path / "pip.conf", text, monkeypatch)
    monkeypatch.setenv("PIP_FIND_LINKS", "/z")
    found = as_uv_settings(tmp_path)
    assert found.no_index
    assert found.env == {
        "UV_DEFAULT_INDEX": SECRET,
        "UV_INDEX": "https://a https://b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/z",
        "UV_INSECURE_HOST": "h",
        "SSL_CERT_FILE": "/c.pem",
    }


@pytest.mark.parametrize("where", ["variable", "person", "project", "pyproject"])
def test_settings_of_uv_come_first(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where uv has its own, pip's are nothing to it."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip")
    (tmp_path / "config" / "uv").mkdir(parents=True)
    if where == "variable":
        monkeypatch.setenv("UV_INDEX_URL", "https://uv")
    elif where == "person":
        text = '[[index]]\nurl = "https://uv"\n'
        (tmp_path / "config" / "uv" / "uv.toml").write_text(text)
    elif where == "project":
        (tmp_path / "uv.toml").write_text('[pip]\nindex-url = "https://uv"\n')
    else:
        (tmp_path / "pyproject.toml").write_text('[tool.uv]\nindex-url = "https://uv"\n')
    assert as_uv_settings(tmp_path).env == {}


def test_a_file_of_pip_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing; whether it is right is pip's affair."""
    write(tmp_path / "pip.conf", "what is this\n", monkeypatch)
    assert "UV_DEFAULT_INDEX" not in as_uv_settings(tmp_path).env


def test_no_password_stays() -> None:
    """Whoever is named before the @ of an address goes."""
    told = without_passwords(f"from {SECRET} and git+https://t0ken@h/x@main, a@b")
    assert told == "from https://***@example.org/index and git+https://***@h/x@main, a@b"


async def test_no_password_in_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the message nor in the log that is left."""
    (tmp_path / "r.txt").write_text("idna @ git+https://me:s3cret@127.0.0.1:9/x\n[\n")
    log = tmp_path / "log"
    uv = Uv(find_uv("x"), tmp_path, log)
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(UvError) as caught:
        await uv.run("pip", "compile", "r.txt")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in log.read_text()


def test_gist_of_several_lines() -> None:
    """One line, from the error on, without uv's drawing."""
    said = [
        "Using Python 3.11.7 environment at: x",
        "error: No solution found when resolving dependencies",
        "  cause: Because a==1 depends on b>=2 and",
        "         you require b==1, no.",
    ]
    assert gist(said) == (
        "No solution found when resolving dependencies Because a==1 depends on b>=2 and you "
        "require b==1, no."
    )
