"""The server around Django: entry, protocol, signals, log; in the test process and as its own process."""
