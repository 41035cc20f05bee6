"""The web room: snapshots in, HTTP answers and a stream of events out."""
