"""Which app a project has, found by looking at its source: nothing of it is imported or run."""

from servers.discovery.import_root import start_folder
from servers.discovery.model import AppSearch, FoundApp
from servers.discovery.search import search
from servers.discovery.walk import is_project

__all__ = ["AppSearch", "FoundApp", "is_project", "search", "start_folder"]
