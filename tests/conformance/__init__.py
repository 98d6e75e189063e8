"""The proof of the store's contract, run on each store. Only `conftest.py` and `stores.py` name them."""
