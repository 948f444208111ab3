"""First run, signing in and signing out."""
