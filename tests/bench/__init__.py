"""The benches: their arithmetic, pictures and pages. Nothing here measures, and no peer is installed."""
