"""Beltline itself as a program sees it: submit jobs, await results, in process.

It acts only through the engine.
"""
