"""`prepare`: install what servers need."""

import click


@click.command()
@click.option("--servers", metavar="A,B", help="Servers that will be run.  [default: the seven]")
def prepare(servers: str | None) -> None:
    """Build the environments of servers, so that nothing is left to install."""
    from bench.commands import prepare as command  # noqa: PLC0415

    raise SystemExit(command.prepare(servers))
