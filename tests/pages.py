"""README.md and docs/*.md: where they are, and the commands that stand in them."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent


README = "README.md"


PAGES = (README, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


SESSIONS = {
    name: re.search(rf"def {name}\(.*?harness\(session, \"(\w+)\"\)", text, re.DOTALL)
    for text in re.split(r"(?=@nox\.session)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    for name in re.findall(r"^def (\w+)\(session", text, re.MULTILINE)
}


_CALL = r"\bnox (?:-f \S+ )?-s |\bpython -m bench [a-z]|\bweighbridge [a-z]"


_PLACEHOLDER = "COMMAND"


def text_of(page: str) -> str:
    """A page as it is written."""
    return (ROOT / page).read_text(encoding="utf-8")


def commands(page: str = README, *, in_examples: bool = True) -> list[str]:
    """Every call of nox or of the program, in blocks and within the text.

    in_examples: those too that are called in a folder below examples/, which tests/end_to_end/
    readme.py reads.
    """
    text = text_of(page)
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", text, re.DOTALL)
    blocks = [each for each in blocks if in_examples or not each.startswith("cd examples/")]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(rf"`((?:{_CALL})[^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return sorted({line for line in (*lines, *spans) if re.search(_CALL, line)})


def arguments(command: str) -> tuple[str, list[str]] | None:
    """The program's command and arguments behind a line; None where there are none."""
    words = [word for word in shlex.split(command.rpartition("&& ")[2]) if word != "&"]
    if _PLACEHOLDER in words:
        return None
    if "-s" not in words or not re.search(r"\bnox ", command):
        name, *rest = words[words.index("bench" if "bench" in words else "weighbridge") + 1 :]
        return name, rest
    session = words[words.index("-s") + 1]
    assert session in SESSIONS, f"there is no session '{session}'"
    behind = SESSIONS[session]
    rest = words[words.index("--") + 1 :] if "--" in words else []
    return (behind.group(1), rest) if behind and rest else None
