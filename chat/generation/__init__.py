"""An answer in the making: a task on the server, its log, and those who watch (design D10, D11)."""
