"""Beltline's tests. The pytest plug-ins that every room shares are named in `conftest.py`."""
