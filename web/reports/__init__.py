"""Reports: figures of queues, agents, half-hours, and the callers who were lost."""
