"""The nbgitpuller link: it brings the students' folder to a student's place on a hub, and opens a lesson."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from .problem import Problem

__all__ = ["link"]


def link(hub: str, repository: str, assignment: str, *, branch: str = "main") -> str:
    """The address to give to students.

    Args:
        hub: address of the JupyterHub, with its path where it has one.
        repository: from which the hub can fetch the students' folder.
        assignment: whose notebook it opens.
        branch: of the repository.

    Raises:
        Problem: if the hub's address is none.
    """
    parts = urlsplit(hub)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise Problem(f"--hub {hub}: write the hub's address, such as https://hub.example.edu")
    folder = repository.rstrip("/").split("/")[-1].removesuffix(".git")
    if not folder:
        raise Problem(f"--repo {repository}: write the repository's address, such as https://example.edu/class.git")
    query = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{folder}/{assignment}.ipynb"}
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query, quote_via=quote)}"
