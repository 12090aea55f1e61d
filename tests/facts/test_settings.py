"""The settings of a run: what an option takes, and how a manifest has them."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import click
import pytest

from bench.cli import cli
from bench.errors import HarnessError
from bench.facts import journal
from bench.facts.settings import (
    AppSettingsRecord,
    Check,
    CountKind,
    GivenSettings,
    ReplayRecord,
    RunSettings,
    SidesRecord,
)
from bench.run.request.options import Options
from tests.build.runs import SETTINGS, manifest

RESOLVED: Final = {
    "quick", "budget", "rounds", "seed", "workloads", "arrivals", "quiet", "json_events", "formats",
}  # fmt: skip
"""Options of `run` that become others: see bench.cli.run_options."""
ALWAYS: Final = {
    "profiles", "workloads", "rate", "connections", "rounds", "seed", "arrivals", "client",
    "workers", "generator_cores", "timing", "precision", "alone",
}  # fmt: skip
OPTIONAL: Final = {
    "own_app": AppSettingsRecord(
        started_in="copy",
        app_env={"A": "1"},
        app_env_digests={"A": "0a1b"},
        env_files=({"name": ".env", "variables": ["B"], "digest": "2c3d"},),
        requirements={"file": None, "named": True},
    ),
    "ready": "/up",
    "start_timeout_s": 50.0,
    "protocols": ("http/1.1", "h2"),
    "streams": 8,
    "insecure": True,
    "new_connections": True,
    "resume_tls": True,
    "app_setting_digests": {"cache": "4e5f"},
    "profile_env_digests": {"mine": "6071"},
    "app_has": ("lifespan",),
    "left_out": ("waitress runs WSGI apps",),
    "message_workloads": ("items_ws",),
    "check": Check.ANSWERS,
    "count": CountKind.INSTRUCTIONS,
    "workload_files": {"load": "0123456789ab"},
    "capacity": {"slo": "p95<50ms", "resolution": 0.03},
    "top_rate": 40_000.0,
    "regression": SidesRecord("main", ".", 0.05),
    "planted": {"slower": 0.1},
    "replays": {
        "access": ReplayRecord("access.log", "JSON", "", "", 2.0, 4.0, 300, whole_seconds=True)
    },
}


def written(settings: RunSettings) -> dict[str, Any]:
    """Settings as they are in a manifest."""
    found: dict[str, Any] = json.loads(
        json.dumps(journal.plain(replace(manifest([]), settings=settings)))
    )["settings"]
    return found


def read_back(settings: Mapping[str, Any], folder: Path) -> RunSettings:
    """Settings of a manifest that has these."""
    journal.write_manifest(folder, manifest([]))
    path = folder / journal.MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "settings": settings}), encoding="utf-8")
    return journal.read(folder).manifest.settings


def options_of_run() -> dict[str, Any]:
    """The options of `run` by their names in the program, with what they are if not given."""
    command = cli.get_command(click.Context(cli), "run")
    assert command is not None
    return command.make_context("run", []).params


def test_what_was_not_given_is_not_in_a_manifest() -> None:
    """Nor is what belongs to another kind of run; the rest is always there."""
    assert written(SETTINGS).keys() == ALWAYS


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_was_given_is_read_back(name: str, tmp_path: Path) -> None:
    """As it was; the entries of an app stand beside the others."""
    settings = replace(SETTINGS, **{name: OPTIONAL[name]})  # type: ignore[arg-type]
    entries = written(settings)
    of_app = {each.name for each in fields(AppSettingsRecord)}
    assert entries.keys() - ALWAYS == (of_app if name == "own_app" else {name})
    assert read_back(entries, tmp_path) == settings


def test_every_optional_setting_is_tried_here() -> None:
    """One that is new is looked at, too."""
    assert OPTIONAL.keys() == {each.name for each in fields(RunSettings)} - ALWAYS


def test_manifests_of_other_versions_are_read(tmp_path: Path) -> None:
    """Without what came later, and with what there is no more."""
    entries = written(SETTINGS)
    del entries["alone"], entries["precision"]
    entries["timing"] = {"window_s": 0.4, "drain_s": 1.0}
    found = read_back({**entries, "unheard_of": 1}, tmp_path)
    assert found == replace(SETTINGS, timing=found.timing)
    assert found.timing.window_s == 0.4


@pytest.mark.parametrize("wrong", [{"connections": "many"}, {"timing": None}, {"workloads": 5}])
def test_settings_that_cannot_be_are_damaged(wrong: dict[str, object], tmp_path: Path) -> None:
    """In one line, whoever edited them."""
    with pytest.raises(HarnessError, match="is damaged"):
        read_back({**written(SETTINGS), **wrong}, tmp_path)


def test_every_option_of_run_is_a_field_of_its_options() -> None:
    """By the same name: a new one needs nothing between the two."""
    assert options_of_run().keys() - RESOLVED <= {each.name for each in fields(Options)}


def test_every_setting_that_is_given_is_an_option_of_run() -> None:
    """With one default, and it is the field's."""
    known = options_of_run()
    given = {each.name: each.default for each in fields(GivenSettings)}
    assert given.keys() <= known.keys()
    assert {name: known[name] for name in given.keys() - RESOLVED} == {
        name: default for name, default in given.items() if name not in RESOLVED
    }
