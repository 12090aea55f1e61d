"""Runs as older versions wrote them, made of runs of this one."""

import json
from pathlib import Path

from bench.facts.journal import JOURNAL, MANIFEST


def as_format_4(folder: Path) -> Path:
    """The same run in the format that had no checksums."""
    manifest, journal = folder / MANIFEST, folder / JOURNAL
    content = json.loads(manifest.read_text(encoding="utf-8"))
    del content["crc"], content["app_commit"]
    manifest.write_text(json.dumps({**content, "format_version": 4}, indent=2), encoding="utf-8")
    records = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    lines = [
        {name: value for name, value in record.items() if name not in {"n", "crc"}}
        for record in records
    ]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    journal.write_text(text, encoding="utf-8")
    return folder
