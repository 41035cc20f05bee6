"""`/api/tensorboard/text` and `/hparams`: what event files hold beside numbers.

Enters: requests. Leaves: answers. Texts come from files that anybody may have written: they
are told as they are, and whoever shows them must show text, never markup.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from loss_monitor.settings import Settings
from loss_monitor.web.answers import versioned
from loss_monitor.web.runs import RunId, Runs
from loss_monitor.web.tensorboard import TbRun, run_with


class TextRoutes:
    """The routes, bound to where snapshots come from."""

    def __init__(self, runs: Runs, settings: Settings) -> None:
        """Answer from the snapshots of `runs`."""
        self._runs = runs
        self._enabled = settings.tensorboard_enabled

    async def text(
        self,
        request: Request,
        tag: str,
        tb_run: TbRun = None,
        last: Annotated[int | None, Query(ge=1, description="Only the newest so many.")] = None,
        run_id: RunId = None,
    ) -> Response:
        """The texts of a tag, oldest first; the newest of them are kept."""
        found = self._runs.find(run_id)
        store = found.snapshot.tags
        having = run_with(store, tag, tb_run, store.texts.tags, enabled=self._enabled)

        def build() -> dict[str, object]:
            texts = store.texts.texts(having, tag)
            texts = texts if last is None else texts[-last:]
            return {
                "tag": tag,
                "tb_run": having,
                "steps": [one.step for one in texts],
                "wall_times": [one.wall_time or None for one in texts],
                "texts": [one.text for one in texts],
                "is_cut": [one.is_cut for one in texts],
                "thinned": store.texts.is_thinned,
            }

        return versioned(request, found.version, build)

    async def hparams(self, request: Request, run_id: RunId = None) -> Response:
        """The hyperparameters of each of TensorBoard's runs that names some."""
        found = self._runs.find(run_id)
        texts = found.snapshot.tags.texts

        def build() -> dict[str, object]:
            known = {tb_run: texts.hparams(tb_run) for tb_run in sorted(texts.runs())}
            return {
                "runs": [
                    {"tb_run": tb_run, "hparams": hparams}
                    for tb_run, hparams in known.items()
                    if hparams
                ]
            }

        return versioned(request, found.version, build)
