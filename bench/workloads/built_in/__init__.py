"""The workloads of the items app: a file each, by its name here, which `--workload` takes."""

from typing import Final

ITEMS_EVENTS: Final = "items_events"
BUILT_IN: Final = ("get_item", "create_item", "mixed", ITEMS_EVENTS, "items_export", "items_ws")
