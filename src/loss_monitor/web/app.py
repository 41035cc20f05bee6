"""The route table: which path is answered by which function.

Enters: settings, the hub, the rules of access. Leaves: the ASGI application. Adding an
answer is a function in one of the rooms' modules, a row here, and one in `shapes.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from loss_monitor import __version__
from loss_monitor.settings import Settings
from loss_monitor.web.access import Rules
from loss_monitor.web.alerts import AlertRoutes
from loss_monitor.web.answers import encode, unknown_route, versioned_body
from loss_monitor.web.compare import CompareRoutes
from loss_monitor.web.download import Downloads
from loss_monitor.web.dropped import DroppedRoutes
from loss_monitor.web.error_forms import install_error_forms
from loss_monitor.web.export import ExportRoutes
from loss_monitor.web.gate import Gate
from loss_monitor.web.limits import Door
from loss_monitor.web.log_lines import LogRoutes
from loss_monitor.web.loss import LossRoutes
from loss_monitor.web.mark_routes import MarkRoutes
from loss_monitor.web.metrics import MetricsRoutes
from loss_monitor.web.report import ReportRoutes
from loss_monitor.web.runs import Runs
from loss_monitor.web.static_files import INDEX, StaticFiles
from loss_monitor.web.status import StatusRoutes
from loss_monitor.web.stream import STREAM_PATH, StreamRoutes
from loss_monitor.web.tensorboard import TensorboardRoutes
from loss_monitor.web.texts import TextRoutes
from loss_monitor.web.wrong_tokens import WrongTokens

Handler = Callable[..., Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table; `shapes.py` has the shape of its answer."""

    path: str
    handler: Handler


def routes_of(runs: Runs, settings: Settings) -> tuple[Route, ...]:
    """Return the table."""
    status = StatusRoutes(runs, runs.clock)
    loss = LossRoutes(runs, settings)
    board = TensorboardRoutes(runs, settings)
    texts = TextRoutes(runs, settings)
    downloads = Downloads(settings.downloads_max)
    export = ExportRoutes(runs, downloads)
    report = ReportRoutes(runs, downloads, runs.clock)
    return (
        Route("/api/status", status.status),
        Route("/api/health", status.health),
        Route("/api/loss/current", loss.current),
        Route("/api/loss/history", loss.history),
        Route("/api/loss/statistics", loss.statistics),
        Route("/api/loss/timesteps", loss.timesteps),
        Route("/api/loss/by_timestep/{timestamp}", loss.by_timestep),
        Route("/api/loss/range", loss.range),
        Route("/api/loss/online", loss.online),
        Route("/api/loss/dropped", DroppedRoutes(runs).dropped),
        Route("/api/loss/distribution", loss.distribution),
        Route("/api/tensorboard/available", board.available),
        Route("/api/tensorboard/tags", board.tags),
        Route("/api/tensorboard/scalars", board.scalars),
        Route("/api/tensorboard/histograms", board.histograms),
        Route("/api/tensorboard/text", texts.text),
        Route("/api/tensorboard/hparams", texts.hparams),
        Route("/api/compare", CompareRoutes(runs).compare),
        Route("/api/export", export.export),
        Route("/api/report.html", report.report),
        Route("/api/runs", status.runs),
        Route("/api/activity", status.activity),
        Route("/api/alerts", AlertRoutes(runs).alerts),
        Route("/api/marks", MarkRoutes(runs).marks),
        Route("/api/log", LogRoutes(runs).log),
        Route("/api/summary.txt", status.summary),
        Route("/metrics", MetricsRoutes(runs, runs.clock).metrics),
        Route(STREAM_PATH, StreamRoutes(runs, settings.streams_max).stream),
    )


def create_app(settings: Settings, runs: Runs, rules: Rules, door: Door) -> FastAPI:
    """Return the application; it works once its lifespan has begun."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for source in runs.sources:
            source.hub.attach()
        yield
        runs.close()

    app = FastAPI(
        title="ICON ML Training Loss Monitor",
        description="Live figures of a neural network that is trained inside ICON; read only.",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # The environment of a cluster must not make a monitor send what it sees elsewhere.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    install_error_forms(app)
    for route in routes_of(runs, settings):
        name = route.path.removeprefix("/api").lstrip("/").partition("/{")[0]
        app.add_api_route(
            route.path,
            route.handler,
            methods=["GET"],
            dependencies=[Depends(runs.open)],
            response_model=None,
            operation_id=name.replace("/", "_").removesuffix(".txt"),
            summary=name,
        )
    _add_description(app)
    _add_page(app)
    app.add_middleware(
        Gate,
        rules=rules,
        door=door,
        wrong_tokens=WrongTokens(runs.clock.monotonic_s),
    )
    return app


def _add_description(app: FastAPI) -> None:
    kept: list[bytes] = []

    async def description(request: Request) -> Response:
        """This description."""
        if not kept:
            # Made for who asks: its models and schemas would be a tenth of each start.
            from loss_monitor.web.openapi import describe  # noqa: PLC0415

            kept.append(encode(await asyncio.to_thread(describe, app)))
        version = hashlib.sha256(kept[0]).hexdigest()[:20]
        return versioned_body(request, version, "application/json", lambda: kept[0])

    app.add_api_route(
        "/api/openapi.json", description, methods=["GET"], response_model=None, summary="openapi"
    )


def _add_page(app: FastAPI) -> None:
    files = StaticFiles()

    async def page(request: Request, path: str = "") -> Response:
        if path.startswith("api/"):
            return unknown_route(request)
        return files.answer(request, path.removeprefix("static/") or INDEX)

    app.add_api_route("/", page, methods=["GET"], include_in_schema=False)
    app.add_api_route("/{path:path}", page, methods=["GET"], include_in_schema=False)
