"""Which estimator to compare profiles by, chosen by evidence: A/A runs, planted differences."""
