"""What workloads are called."""

import pytest

from bench.errors import UsageError
from bench.report.charts.build import _file_names
from bench.workloads.labels import labels


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["get_item"], ("get_item",)),
        (["/home/ann/shop/load.py"], ("load",)),
        (["/a/load.py", "/b/load.py", "/b/mix.py"], ("a/load", "b/load", "mix")),
        (["/a/x/load.py", "/b/x/load.py"], ("a/x/load", "b/x/load")),
        (["/load.py", "/a/load.py"], ("load", "a/load")),
        (["/a/get_item.py", "get_item"], ("get_item.py", "get_item")),
        (["/a/load.py", "/a/load.csv"], ("load.py", "load.csv")),
        (["/a/my load.v2.py", "/a/später.py"], ("my load.v2", "später")),
    ],
)
def test_a_file_is_called_by_its_name(sources: list[str], expected: tuple[str, ...]) -> None:
    """And by as many of its folders as tell it from the others; never by its whole path."""
    assert labels(sources) == expected


def test_a_workload_is_called_what_the_user_calls_it() -> None:
    """One name for each, in their order."""
    assert labels(["/a/load.py", "mixed"], [" Kasse (neu)", "b"]) == ("Kasse (neu)", "b")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], "--name is given 1 times, and there are 2 workloads: give one for each"),
        (["a", "a "], "--name 'a' is given twice"),
        (["a", " "], "--name '' cannot be a table heading: give 1 to 80 printable characters"),
        (["a", "b\nc"], "cannot be a table heading"),
        (["a", "b" * 81], "cannot be a table heading"),
    ],
)
def test_names_that_cannot_be_shown_are_refused(names: list[str], said: str) -> None:
    """In one line."""
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        labels(["/a/load.py", "mixed"], names)


def test_no_two_workloads_share_a_file_name() -> None:
    """Whatever they are called, on file systems that do not tell case apart too."""
    found = _file_names(["get_item", "a/load", "a load", "A_Load", "später", "測試", "x" * 300])
    assert found["get_item"] == "get_item"
    assert len({name.casefold() for name in found.values()}) == 7
    assert not any(set("/ ") & set(name) for name in found.values())
    assert all(len(f"distribution-{name}-1000.svg".encode()) < 256 for name in found.values())
