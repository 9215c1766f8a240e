"""Estimators with error bars: pure functions over numpy arrays, one subject per module, imported by module name."""
