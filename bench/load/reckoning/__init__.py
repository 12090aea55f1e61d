"""What is written down of each request, and what becomes of it after the slice."""
