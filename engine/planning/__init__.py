"""The upcoming window: which stay should lie in which room, and the few moves worth proposing. No I/O."""
