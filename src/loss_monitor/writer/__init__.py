"""Loss files as the training plugins write them; standard library only, for use in the model.

Nothing here raises into its caller: a failure is remembered in `.failures` of the writer and
logged once, and the simulation goes on.
"""

from __future__ import annotations

from loss_monitor.writer.event_writer import EventWriter
from loss_monitor.writer.histogram import histogram_of
from loss_monitor.writer.job_log_writer import JobLogWriter
from loss_monitor.writer.loss_writer import LossWriter

__all__ = ["EventWriter", "JobLogWriter", "LossWriter", "histogram_of"]
