"""Charts as bytes, SVG and PNG: a set for each workload."""

from bench.report.charts.build import charts
from bench.report.charts.chart import Chart

__all__ = ["Chart", "charts"]
