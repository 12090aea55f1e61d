"""Projects and locks as people have them."""

PROJECT = """
[project]
name = "shop"
version = "1"
dependencies = ["fastapi>=0.100", "uvicorn==0.22.0"]
[project.optional-dependencies]
pay = ["idna"]
[dependency-groups]
dev = ["pytest"]
"""


BUILT = '[build-system]\nrequires = ["setuptools"]\n'


PIPFILE = """
[[source]]
url = "https://a/x"
verify_ssl = true

[packages]
idna = "*"
shop = {path = ".", editable = true}

[packages.uvicorn]
version = ">=0.30"
extras = ["standard"]
sys_platform = "== 'linux'"
python_version = ">= '3.8'"

[dev-packages]
pytest = "*"

[load]
locust = ">2"

[requires]
python_version = "3.12"

[scripts]
serve = "uvicorn shop:app"
"""
LOCK = {
    "_meta": {"sources": [{"url": "https://$NAME@a/x"}, {"url": "https://b/x"}]},
    "default": {
        "idna": {"version": "==3.10", "hashes": ["sha256:00"], "markers": "python_version>'3'"},
        "uvicorn": {"version": "==0.22.0", "extras": ["standard"]},
        "shop": {"path": ".", "editable": True},
        "odd": {"git": "https://h/odd.git", "ref": "abc"},
    },
    "develop": {"pytest": {"version": "*"}},
}
