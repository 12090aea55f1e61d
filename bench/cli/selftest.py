"""`selftest`: the measurement tested on known answers."""

import click


@click.command()
@click.option(
    "--short", is_flag=True, help="Only the 10 s self-test that `run` does before measuring."
)
def selftest(*, short: bool) -> None:
    """Test the measurement on this machine against known answers; takes about a minute."""
    from bench.commands.selftest import prove  # noqa: PLC0415
    from bench.proof.selftest import SelfTestForm  # noqa: PLC0415

    raise SystemExit(prove(SelfTestForm.SHORT if short else SelfTestForm.FULL))
