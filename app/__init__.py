"""The items API: the system under test, and a small FastAPI service in its own right."""
