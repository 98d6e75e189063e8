"""The measured parts of the docs, each written from its JSON files."""
