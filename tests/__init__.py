"""The functional suite (`test_items.py`) and the project's own tests."""
