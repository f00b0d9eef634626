"""Text that is safe in a table."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["harmless"]


def harmless(value: Any) -> Any:
    """Text that a spreadsheet does not take for a formula: a student may have written it.

    Where numbers have a decimal comma, spreadsheets split at semicolons, whatever quotes say.
    """
    if not isinstance(value, str):
        return value
    if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        value = "'" + value
    return re.sub(r"([;\t\r\n]\"*)(?=[=+\-@])", r"\1'", value)
