"""The overlay's own tests: `python -m unittest` in this folder, with the venv's Python."""
