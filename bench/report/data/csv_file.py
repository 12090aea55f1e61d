"""CSV as all kinds of findings are written: UTF-8, comma, one header line, line feeds."""

import csv
import io
from collections.abc import Mapping, Sequence


def as_csv(lines: Sequence[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    r"""Write a table; what is absent is empty, and without lines there is a header.

    Of a file's name that is not UTF-8 the bytes stand as "\udcff", as they do in JSON.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode(errors="backslashreplace")
