"""The instrument put to the test: self-test, known answers, calibration, estimators, soak."""
