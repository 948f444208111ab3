"""Queue: `agent`, `strategy`, `queue`, `invariants` are pure; `queue_task` carries it out."""
