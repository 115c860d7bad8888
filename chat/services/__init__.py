"""What changes a conversation: each act checks its right, changes rows in one transaction, and says so."""
