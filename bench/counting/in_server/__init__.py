"""What runs in a server that is counted: this folder stands first in its PYTHONPATH."""
