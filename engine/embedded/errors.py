"""What goes wrong when the embedded services run, said so that a person knows what to do."""


class EmbeddedError(Exception):
    """One sentence: what is wrong and what to do about it. Log lines, if any, follow on lines of their own."""
