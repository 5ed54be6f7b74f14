"""Other tools on the same rows, each in an environment and a process of its own.

A `by_*.py` here runs without this project's packages. It reads `rows.csv`, whose columns are kinds
(first_name, email, types of identifiers), normalised by us so that no peer loses by spelling alone, and
writes what it found with `_peer.done`.
"""
