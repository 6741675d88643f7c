"""bedstream: an event-driven hospital bed assignment engine."""
