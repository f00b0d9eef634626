"""What several test files share: a tiny course, a lesson in a kernel, answers against checks, rules for figures."""
