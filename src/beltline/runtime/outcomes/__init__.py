"""Telling others of the outcomes of jobs: the deliveries of subscriptions."""
