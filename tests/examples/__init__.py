"""The examples and the pages for newcomers do what they say."""
