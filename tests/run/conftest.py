"""Settings of the property tests."""

import tests.hypothesis_profile  # noqa: F401 - importing it loads it
