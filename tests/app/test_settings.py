"""What can be set, from where, and within which bounds."""

import pytest
from pydantic import ValidationError

from app.settings import Settings, read_settings


def test_default_is_100_seeded_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word from outside, a store begins with 100 items."""
    monkeypatch.delenv("ITEMS_SEEDED_ITEMS", raising=False)
    assert Settings().seeded_items == 100


def test_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that begins with ITEMS_ sets what its name says."""
    monkeypatch.setenv("ITEMS_SEEDED_ITEMS", "7")
    assert Settings().seeded_items == 7


@pytest.mark.parametrize("value", ["", "-1", "many", "1000001"])
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A value that cannot be meant stops the start, and the error names the setting."""
    monkeypatch.setenv("ITEMS_SEEDED_ITEMS", value)
    with pytest.raises(ValidationError, match="seeded_items"):
        Settings()


def test_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting would be lost in silence: it stops the start instead."""
    monkeypatch.setenv("ITEMS_STORAG", "memory")
    with pytest.raises(ValueError, match=r"ITEMS_STORAG sets nothing; known: .*ITEMS_STORAGE"):
        read_settings()


@pytest.mark.parametrize("storage", ["", "disk", "sqlite", "sqlite://items", "sqlite:///"])
def test_unknown_storage_is_refused(storage: str) -> None:
    """A store that does not exist is refused, and those that do are named."""
    with pytest.raises(ValidationError, match="must be memory or sqlite:///PATH"):
        Settings(storage=storage)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://127.0.0.1:6379",
        "rediss://cache.example.org:6380/15",
        "redis://ann:p%40ss@redis_1:6379/0",
        "redis://:secret@[::1]:6379/0",
    ],
)
def test_redis_is_taken(url: str) -> None:
    """Host, port, database, name and password may be in the URL."""
    assert Settings(cache=url).cache == url


@pytest.mark.parametrize(
    "url",
    [
        "redis",
        "redis://",
        "redis:///0",
        "http://127.0.0.1",
        "redis://127.0.0.1:6379/0?bogus=1",
        "redis://127.0.0.1:6379?db=99",
        "redis://127.0.0.1:6379/notadb",
        "redis://127.0.0.1:6379/0/1",
        "redis://127.0.0.1:6379/-1",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1:port/0",
        "redis://a..b/0",
        "redis://" + "a" * 64,
        "redis://127.0.0.1/0#1",
        "redis://127.0.0.1/0\n",
        "unix:///tmp/redis",
    ],
)
def test_other_url_of_redis_is_refused(url: str) -> None:
    """What Redis's client would misread, or stumble over at each request, stops the start."""
    with pytest.raises(ValidationError, match="must be none, lru or redis://HOST:PORT/DATABASE"):
        Settings(cache=url)


def test_metrics_without_a_folder_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable does not mean the working directory."""
    monkeypatch.setenv("ITEMS_METRICS", "")
    with pytest.raises(ValidationError, match="must name a folder"):
        Settings()


def test_settings_are_frozen() -> None:
    """Settings are read once: an app cannot change them under way."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seeded_items = 1
