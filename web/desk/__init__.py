"""What one person needs at their desk: their state, their call, their voice messages."""
