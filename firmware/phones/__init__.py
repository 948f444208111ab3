"""Setting up telephones: who asks, who was approved, what is in a file, what they sign in with."""
