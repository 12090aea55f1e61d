"""What an app is imported by."""

import sys
from pathlib import Path

from servers.environments.environment import Environment
from servers.profile import Interface, Profile

ENVIRONMENT = Environment(Path(sys.prefix), {})


PROFILES = {
    each: Profile("x", each, "X", argv=("x",), env={"OF_THE_PROFILE": "1"}) for each in Interface
}
