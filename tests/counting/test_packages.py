"""Which package a function is of, by its file."""

import pytest

from bench.counting.packages import (
    C_LIBRARY,
    INTERPRETER,
    STANDARD_LIBRARY,
    UNKNOWN,
    package_of,
)

SITE = "/e/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", C_LIBRARY),
        ("/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", C_LIBRARY),
        ("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", C_LIBRARY),
        ("/opt/python/lib/libpython3.11.so.1.0", INTERPRETER),
        ("/usr/bin/python3.11", INTERPRETER),
        ("/opt/lib/python3.11/lib-dynload/_json.cpython-311.so", STANDARD_LIBRARY),
        (f"{SITE}/uvloop/loop.cpython-311-x86_64-linux-gnu.so", "uvloop"),
        (f"{SITE}/_cffi_backend.cpython-311-x86_64-linux-gnu.so", "_cffi_backend"),
        (f"{SITE}/granian.libs/libfoo-1234.so.1", "granian"),
        ("/usr/lib/x86_64-linux-gnu/libssl.so.3", "libssl"),
        ("???", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_package(file: str, package: str) -> None:
    """Interpreter and C library by name, what is installed by its folder, the rest by its name."""
    assert package == package_of(file)
