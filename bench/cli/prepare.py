"""`prepare`: build the environments of servers."""

import click


@click.command()
@click.option("--servers", metavar="A,B", help="Servers to prepare.  [default: the seven]")
def prepare(servers: str | None) -> None:
    """Build the servers' environments in advance, so that runs install nothing."""
    from bench.commands import prepare as command  # noqa: PLC0415

    raise SystemExit(command.prepare(servers))
