"""The reading thread: the only room that opens files and the only one that tells activity."""

from loss_monitor.monitor.thread import Monitor

__all__ = ["Monitor"]
