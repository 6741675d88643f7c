"""The hospital: no I/O, no clock, no framework."""
