"""What yields outside events, and nothing more: what is made of them is decided in `engine`.

Imported by `engine`, and by rooms above it.
"""
