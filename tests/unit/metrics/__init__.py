"""Tests of everything that watches a house: figures, metrics, dashboard, live view."""
