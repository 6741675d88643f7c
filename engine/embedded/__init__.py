"""A real Apache Kafka and a real Valkey as child processes: no Docker, no system Java, no system Redis."""
