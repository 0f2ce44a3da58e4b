"""Benches: `uv run python -m tests.bench place|page|imports|memory`.

Never run as tests: CI only proves that they start. Each compares our way with the bare one in the same run, rounds of
both interleaved, and ends with exit 1 where a target of DESIGN is missed.
"""
