"""The shape of each answer, for `/api/openapi.json`: which model describes which path.

Enters: nothing. Leaves: the table. Answers are plain mappings; tests hold them to these models,
which are imported only when somebody asks for the description.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from loss_monitor.web import models
from loss_monitor.web.alert_models import AlertsAnswer
from loss_monitor.web.compare_models import CompareAnswer
from loss_monitor.web.mark_models import DroppedAnswer, LogAnswer, MarksAnswer
from loss_monitor.web.status_models import StatusAnswer
from loss_monitor.web.stream import STREAM_PATH
from loss_monitor.web.text_models import HparamsAnswer, TextAnswer

SHAPES: Mapping[str, Any] = MappingProxyType(
    {
        "/api/status": StatusAnswer,
        "/api/health": models.HealthAnswer,
        "/api/loss/current": models.CurrentAnswer | models.ErrorAnswer,
        "/api/loss/history": models.HistoryAnswer,
        "/api/loss/statistics": models.StatisticsAnswer | models.ErrorAnswer,
        "/api/loss/timesteps": models.TimestepsAnswer,
        "/api/loss/by_timestep/{timestamp}": models.TimestepAnswer,
        "/api/loss/range": models.RangeAnswer,
        "/api/loss/online": models.OnlineAnswer,
        "/api/loss/dropped": DroppedAnswer,
        "/api/loss/distribution": models.DistributionAnswer,
        "/api/tensorboard/available": models.AvailableAnswer,
        "/api/tensorboard/tags": models.TagsAnswer,
        "/api/tensorboard/scalars": models.ScalarsAnswer | models.ScalarsRangeAnswer,
        "/api/tensorboard/histograms": models.HistogramsAnswer | models.HistogramMapAnswer,
        "/api/tensorboard/text": TextAnswer,
        "/api/tensorboard/hparams": HparamsAnswer,
        "/api/compare": CompareAnswer,
        "/api/export": None,
        "/api/report.html": None,
        "/api/runs": models.RunsAnswer,
        "/api/activity": models.ActivityAnswer,
        "/api/alerts": AlertsAnswer,
        "/api/marks": MarksAnswer,
        "/api/log": LogAnswer,
        "/api/summary.txt": models.SummaryText,
        "/metrics": None,
        STREAM_PATH: None,
        "/api/openapi.json": None,
    }
)
"""A model, or a union of models, by path; None for what is no JSON or has no one shape."""
