"""Past calls: search, timeline, recordings."""
