"""The app that servers run: how it is named, imported, checked, and given settings."""
