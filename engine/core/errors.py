"""Errors a person can act on: one sentence that says what is wrong and what to do."""


class BadInput(ValueError):
    """Something given to bedstream cannot be used; nothing was lost or half written."""
