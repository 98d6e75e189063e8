"""What a job costs as the store grows: `make bench-scale`."""
