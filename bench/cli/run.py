"""`run`: compare servers and write a report."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import click

from bench.cli.app_search import with_found_app
from bench.cli.run_options import options_from
from bench.cli.run_parameters import RUN_PARAMETERS
from bench.cli.values import is_given
from bench.report.formats import Format
from bench.run.options import Options

_NOT_OF_THE_RUN: Final = ("resume", "quiet", "json_events")
"""Options that do not affect what is measured; --resume does not restore them."""


@click.command(params=[*RUN_PARAMETERS])
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Compare servers under the same load and write a report."""
    from bench.cli import resume  # noqa: PLC0415 - see compare_servers

    folder: Path | None = given["resume"]
    formats = given.pop("formats")
    if folder is None:
        raise SystemExit(compare_servers(options_from(with_found_app(given)), formats))
    if not _any_given_besides(ctx, (*_NOT_OF_THE_RUN, "formats")):
        arguments = resume.recorded_arguments(folder)
        now = {name: given[name] for name in _NOT_OF_THE_RUN}
        given = run.make_context("run", arguments, parent=ctx.parent).params | now
        recorded = given.pop("formats")
        formats = formats if is_given(ctx, "formats") else recorded
    else:
        given = with_found_app(given)
    if given["seed"] is None:
        given["seed"] = resume.recorded_seed(folder)
    raise SystemExit(resume.resume_run(folder, options_from(given), formats))


def _any_given_besides(ctx: click.Context, names: Collection[str]) -> bool:
    """Whether any option other than these was given."""
    return any(is_given(ctx, other) for other in ctx.params if other not in names)


def compare_servers(options: Options, formats: Collection[Format]) -> int:
    """Measure, write the reports, show them. Raises UsageError, ServerError and HarnessError."""
    from bench.cli.console import stderr  # noqa: PLC0415 - what measures takes a second to import
    from bench.cli.measuring import compared, course, measured  # noqa: PLC0415
    from bench.progress.listener import progress_listener  # noqa: PLC0415
    from bench.run.comparison import run as measure  # noqa: PLC0415
    from bench.run.folder import run_folder  # noqa: PLC0415
    from bench.run.request import resolve  # noqa: PLC0415
    from bench.system import clock  # noqa: PLC0415

    wanted = resolve(options)
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    return measured(
        progress_listener(options.progress_style, stderr(), course(wanted)),
        lambda progress: measure(wanted, folder, options.command, started_at, progress),
        folder,
        lambda facts: compared(facts, folder, formats),
    )
