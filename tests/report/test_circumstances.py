"""What a run was made under, line by line."""

from dataclasses import replace

import pytest

from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.server import ServerFacts
from bench.facts.settings import AppSettingsRecord
from bench.facts.slice import Whole
from bench.report.circumstances import again, circumstances, launch_line, launch_lines
from bench.report.notes import notes
from tests.build.runs import cut, small
from tests.build.variants import with_manifest, with_settings


def lines(facts: Facts) -> dict[str, str]:
    """Every line by its name."""
    return dict(line.split(": ", 1) for line in circumstances(summarize(facts)))


def test_lengths_of_exposures_and_pieces_are_reported() -> None:
    """And which figures are of which."""
    found = lines(small())
    assert found["exposures of get_item"] == (
        "1.5 s each without a break, after a lead-in of 0.1 s, waiting up to 5 s for responses; "
        "averages, percentiles, throughput and stalls come from these"
    )
    assert found["comparisons of get_item"].startswith(
        "slices of 0.2 s, cut into pieces that servers run in turn: 16 in open loop, 8 to 12 "
        "in closed loop; "
    )


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (Whole.AWAITING, ", because most servers spend most of a request's time waiting"),
        (Whole.LONG, ", because requests take too long;"),
        (Whole.UNKNOWN, ", because the pilot did not show how long requests take;"),
        (None, ";"),
    ],
)
def test_slices_that_were_not_cut_are_told_to_be_whole(whole: Whole | None, why: str) -> None:
    """And why, as far as it was recorded; what was not cut ranks by exposures."""
    uncut = {mode: {"uvicorn": 1, "daphne": 1} for mode in Mode}
    cuts = {"get_item": replace(cut(["uvicorn", "daphne"]), pieces=uncut, whole=whole)}
    said = lines(replace(small(), cuts=cuts))["comparisons of get_item"]
    assert said.startswith(f"slices of 0.2 s, not cut{why}")
    assert said.endswith("; ratios and ranks come from exposures")


def test_where_servers_started_is_told_and_what_they_were_given() -> None:
    """Of variables in files the names alone."""
    facts = small()
    own = AppSettingsRecord(
        started_in="copy",
        app_env={"CURRENCY": "EUR", "SECRET": "***"},
        env_files=({"name": ".env", "variables": ["DB", "KEY"], "digest": "0a1b"},),
    )
    found = lines(with_settings(facts, own_app=own))
    assert found["servers started in"] == "a fresh copy of the app's folder each"
    assert (
        found["environment variables of the app"] == "CURRENCY=EUR, SECRET=***, DB, KEY (from .env)"
    )


def test_variables_that_servers_read_themselves_are_noted() -> None:
    """They change some servers and not the others."""
    own = AppSettingsRecord(app_env={"UVICORN_RELOAD": "1"})
    assert not any("UVICORN" in each for each in notes(summarize(small())))
    found = notes(summarize(with_settings(small(), own_app=own)))
    assert any("that the app was given: UVICORN_RELOAD." in each for each in found)


def test_a_run_that_ended_before_its_slices_were_cut_tells_no_lengths() -> None:
    """There were none yet."""
    assert not [name for name in lines(replace(small(), cuts={})) if "of get_item" in name]


def test_what_the_kernel_stamped_is_told_for_either_loop() -> None:
    """All answers, a sample, or none."""
    facts = small()
    name = "kernel timestamps of responses"
    assert lines(facts)[name] == (
        "of every response in open loop, of those on one connection in eight in closed loop"
    )
    blind = replace(facts.manifest.instrument, kernel_timestamps=False)
    facts = with_manifest(facts, instrument=blind)
    assert lines(facts)[name] == "none"


def test_the_line_that_repeats_a_run() -> None:
    """As it can be copied here: nox calls what was started by the program's name."""
    seeded = ("--servers", "uvicorn", "--seed", "7")
    for program, line in {
        ("weighbridge", "run"): "nox -s bench --",
        ("python", "-m", "bench", "run"): "python -m bench run",
    }.items():
        manifest = replace(small().manifest, command=(*program, "--out", "x", *seeded))
        assert again(manifest) == f"{line} --servers uvicorn --seed 7"


DAPHNE = ServerFacts(
    "daphne",
    "Daphne",
    "asgi",
    ("{python}", "-m", "daphne", "-e", "tcp:{port}:interface={host}", "{app}"),
    {},
    target="shop.main:app",
    directory="servers/profiles",
)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (DAPHNE.argv, "python -m daphne -e tcp:8000:interface=127.0.0.1 shop.main:app"),
        (("{bin}/gunicorn", "-w", "{workers}", "{app}"), "gunicorn -w 4 shop.main:app"),
        (("{python}", "{dir}/s.py", "a b", "{x}"), "python servers/profiles/s.py 'a b' '{x}'"),
    ],
)
def test_a_launch_line_can_be_copied(argv: tuple[str, ...], line: str) -> None:
    """What each start fills in is filled in; what is no placeholder stays."""
    manifest = with_settings(small(), workers=4).manifest
    assert launch_line(replace(DAPHNE, argv=argv), manifest) == line


@pytest.mark.parametrize(
    ("own", "line"),
    [
        (None, "ITEMS_CACHE=lru python -m daphne"),
        (
            AppSettingsRecord(started_in="project", app_env={"DB": "a b", "KEY": "***"}),
            "DB='a b' KEY='***' cache=lru python -m daphne",
        ),
    ],
)
def test_a_launch_line_begins_with_what_the_app_is_given(
    own: AppSettingsRecord | None, line: str
) -> None:
    """The items app reads variables of another name than its settings have."""
    manifest = with_settings(small(), own_app=own).manifest
    server = replace(DAPHNE, argv=DAPHNE.argv[:3], settings={"cache": "lru"})
    assert launch_line(server, manifest) == line


def test_launch_lines_are_lines_of_a_shell() -> None:
    """Names are comments; of a server that somebody else runs there is the address."""
    theirs = replace(DAPHNE, name="theirs", argv=(), url="http://127.0.0.1:9")
    manifest = replace(small().manifest, servers=(replace(DAPHNE, argv=("{app}",)), theirs))
    assert launch_lines(manifest).split("\n") == [
        "# daphne", "shop.main:app", "# theirs", "http://127.0.0.1:9",
    ]  # fmt: skip
