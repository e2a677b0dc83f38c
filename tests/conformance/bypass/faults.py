"""Faults."""


def run(folder):
    return 0, 0
