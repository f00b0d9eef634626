"""What stops a command and a person can mend."""

__all__ = ["Problem"]


class Problem(Exception):
    """Something that a person has to mend; the message names it and says how."""
