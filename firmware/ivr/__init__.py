"""Conversations by keys: pure cores, and the shell (`dialogue_task`) that plays and waits."""
