"""Smaller repairs, a service each: what MiniStack lets fall when it is written."""
