"""What sets servers of a run apart beside themselves: workers, and how they are reached."""

from dataclasses import replace

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.report.notes import notes
from bench.report.table_columns import columns
from tests.build.runs import small


def apart(workers: int = 1, connection: str = "TCP") -> Facts:
    """Two servers, of which the second was run so."""
    facts = small("uvicorn", "other")
    servers = [
        replace(server, connection=connection if server.name == "other" else "TCP")
        for server in facts.manifest.servers
    ]
    settings = replace(facts.manifest.settings, workers=1)
    drains = [
        replace(drain, workers=workers if drain.profile == "other" else 1) for drain in facts.drains
    ]
    manifest = replace(facts.manifest, servers=tuple(servers), settings=settings)
    return replace(facts, manifest=manifest, drains=tuple(drains))


def shown(facts: Facts) -> dict[str, tuple[str, ...]]:
    """The columns of the first table that are not of every table."""
    section = summarize(facts).sections[0]
    found = {
        column.title: [str(cell) for cell in column.cells]
        for column in columns(section, "uvicorn", {})
    }
    order = sorted(range(2), key=lambda place: found["server"][place], reverse=True)
    return {
        title: tuple(found[title][place] for place in order)
        for title in ("workers", "reached by")
        if title in found
    }


def test_servers_that_are_run_alike_have_no_such_columns() -> None:
    """Nor is anything said of it."""
    facts = apart()
    assert shown(facts) == {}
    told = " ".join(notes(summarize(facts)))
    assert "ran 1 worker" not in told
    assert "Reached" not in told


def test_two_workers_beside_one_are_shown() -> None:
    """In the table, and in words."""
    facts = apart(workers=2)
    assert shown(facts) == {"workers": ("1", "2")}
    assert any(
        text.startswith("other ran 2 workers where 1 was") for text in notes(summarize(facts))
    )


def test_another_kind_of_connection_is_shown() -> None:
    """So that nothing is compared unseen with plain TCP."""
    facts = apart(connection="TLS, certificate not verified")
    assert shown(facts) == {"reached by": ("TCP", "TLS")}
    told = "Connections: other by TLS, certificate not verified, the others by plain TCP"
    assert any(text.startswith(told) for text in notes(summarize(facts)))
