"""What the box is set up with: lines, menus, queues, recording, who may sign in, history."""
