"""Instructions a request as a part of a report: of a comparison, and of a search for capacity."""

from collections.abc import Iterator, Sequence

from bench.analysis.instructions.servers import CountedWorkload
from bench.report import instructions
from bench.report.document import (
    DocumentSection,
    FilesOnly,
    Folded,
    Picture,
    Table,
    Texts,
    Tone,
    paragraphs,
)


def counted_sections(
    counted: Sequence[CountedWorkload], baseline: str, pictures: Sequence[Picture] = ()
) -> Iterator[DocumentSection]:
    """What was executed for a request, and what that went on; pictures: one a workload, or none."""
    for number, found in enumerate(counted):
        columns = instructions.columns(found)
        yield DocumentSection(
            instructions.title(found, counted),
            [
                *([_asides(instructions.caption(found))] if columns else []),
                *([Table(instructions.title(found, counted), columns)] if columns else []),
                Texts(instructions.failures(found), Tone.BAD),
                *([_asides(instructions.not_in_it(found))] if columns else []),
                *pictures[number : number + 1],
                *_kernel(found),
                FilesOnly(list(_spent(found, baseline))),
            ],
        )


def _asides(text: str) -> Texts:
    return paragraphs(text, tone=Tone.ASIDE)


def _kernel(found: CountedWorkload) -> Iterator[DocumentSection]:
    """What the kernel did, where that is known."""
    columns = instructions.kernel_columns(found)
    if columns:
        yield DocumentSection(
            instructions.KERNEL,
            [
                paragraphs(instructions.KERNEL_CAPTION, tone=Tone.ASIDE),
                Table(instructions.KERNEL, columns),
            ],
        )


def _spent(found: CountedWorkload, baseline: str) -> Iterator[DocumentSection]:
    """What the instructions went on: by package, and each server's functions."""
    columns = instructions.package_columns(found)
    if not columns:
        return
    tables = [
        Folded(row.profile, [Table(row.profile, instructions.function_columns(row))])
        for row in found.rows
        if row.functions
    ]
    yield DocumentSection(
        instructions.WHERE,
        [
            paragraphs(instructions.where_caption(baseline), tone=Tone.ASIDE),
            Table(instructions.WHERE, columns),
            *tables,
        ],
    )
