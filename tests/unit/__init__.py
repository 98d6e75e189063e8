"""Tests without any store or process: one file for each module."""
