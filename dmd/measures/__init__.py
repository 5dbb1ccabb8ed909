"""How good, how sure, and against what: metrics, intervals, baselines, calibration, domain and style."""
