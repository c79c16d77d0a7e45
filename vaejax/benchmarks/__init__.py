"""Benchmarks: how fast we are beside the plain way to do the same, in one run.

A machine is never quiet: ratios of rounds that alternate can be compared, seconds of
different days cannot.
"""
