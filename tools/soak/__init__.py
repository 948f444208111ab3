"""Long runs of single parts, every step checked: faults that come once in a million."""
