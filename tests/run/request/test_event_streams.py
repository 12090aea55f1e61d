"""Runs whose workload is streams of events: who takes part."""

from dataclasses import replace

import pytest

from bench.run.request.resolve import resolve
from servers.errors import ProfileError
from tests.build.options import OPTIONS

EVENTS = replace(OPTIONS, workloads=("get_item", "items_events"))


def test_wsgi_servers_are_left_out_of_the_items_events() -> None:
    """The items app answers 501 there, which would be gated and loaded for nothing."""
    wanted = resolve(replace(EVENTS, servers="granian,uwsgi,uvicorn"))
    assert [profile.name for profile in wanted.profiles] == ["granian", "uvicorn"]
    assert wanted.left_out == (
        "uwsgi has no event streams over WSGI, which workload 'items_events' needs",
    )
    both = resolve(replace(EVENTS, servers="uwsgi,uvicorn", workloads=("items_export",)))
    assert [profile.name for profile in both.profiles] == ["uwsgi", "uvicorn"]


def test_where_none_has_events_it_is_refused() -> None:
    """In one line, which names a kind that has."""
    with pytest.raises(ProfileError) as refused:
        resolve(replace(EVENTS, servers="uwsgi,waitress"))
    assert str(refused.value).startswith("none of uwsgi, waitress has event streams over WSGI")
