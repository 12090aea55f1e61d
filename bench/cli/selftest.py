"""`selftest`: the instrument on what is known."""

import click


@click.command()
@click.option(
    "--short", is_flag=True, help="What `run` asks of the instrument before it measures: 10 s."
)
def selftest(*, short: bool) -> None:
    """Let the instrument prove itself on this machine: known answers, in about a minute."""
    from bench.commands.selftest import prove  # noqa: PLC0415
    from bench.proof.selftest import SelfTestForm  # noqa: PLC0415

    raise SystemExit(prove(SelfTestForm.SHORT if short else SelfTestForm.FULL))
