"""Made cases."""


def make():
    return "", []
