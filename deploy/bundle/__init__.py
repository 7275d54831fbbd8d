"""Graphs to a bundle: precision, calibration, golden answers, manifest. Judging it is `deploy.evaluation`."""
