"""Tests of the monitoring stack: its files, and a real Prometheus."""
