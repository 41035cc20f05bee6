"""Texts and hyperparameters of event files, by run directory, file and tag; bounded.

Enters: what was read of a file, or word that a file is gone. Leaves: a new `TextStore`. Texts
are notes beside the numbers: of each tag the newest are kept, and all of them together stay
below a bound, however much a file holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NEWEST_KEPT = 50
"""Texts of a tag in a file that are kept."""
TAGS_MAX = 200
"""Tags with texts of one file; those beyond are passed over."""
CHARACTERS_MAX = 8_000_000
"""Characters of all texts; beyond, the newest of each tag alone are kept, then none are added."""

Parameter = float | str | bool


@dataclass(frozen=True, slots=True)
class Text:
    """One text at one step."""

    step: int
    wall_time: float
    """Seconds since 1970-01-01 UTC; 0 where absent."""
    text: str
    is_cut: bool = False
    """Whether the file holds more of it."""


@dataclass(frozen=True, slots=True)
class TextStore:
    """All texts and hyperparameters of all files; immutable."""

    _texts: Mapping[tuple[str, str], Mapping[str, tuple[Text, ...]]] = field(default_factory=dict)
    _hparams: Mapping[tuple[str, str], Mapping[str, Parameter]] = field(default_factory=dict)
    is_thinned: bool = False
    """Whether texts were left out to stay below the bounds."""

    def put(
        self,
        tb_run: str,
        file: str,
        texts: Mapping[str, Sequence[Text]],
        hparams: Mapping[str, Parameter],
    ) -> TextStore:
        """Return the store with new texts behind those that `file` has already."""
        of_file = dict(self._texts.get((tb_run, file), {}))
        thinned = self.is_thinned
        for tag, fresh in texts.items():
            if tag in of_file or len(of_file) < TAGS_MAX:
                whole = (*of_file.get(tag, ()), *fresh)
                of_file[tag] = whole[-NEWEST_KEPT:]
                thinned = thinned or len(whole) > NEWEST_KEPT
            else:
                thinned = True
        every = {**self._texts, (tb_run, file): of_file} if of_file else dict(self._texts)
        parameters = dict(self._hparams)
        if hparams:
            parameters[tb_run, file] = {**parameters.get((tb_run, file), {}), **hparams}
        if _characters(every) > CHARACTERS_MAX:
            every = {
                place: {tag: one[-1:] for tag, one in of.items()} for place, of in every.items()
            }
            thinned = True
        if _characters(every) > CHARACTERS_MAX:
            every = dict(self._texts)
        return TextStore(every, parameters, thinned)

    def without_file(self, tb_run: str, file: str) -> TextStore:
        """Return the store without what came from `file`, which may be unknown."""
        place = (tb_run, file)
        if place not in self._texts and place not in self._hparams:
            return self
        texts = {one: of for one, of in self._texts.items() if one != place}
        hparams = {one: of for one, of in self._hparams.items() if one != place}
        return TextStore(texts, hparams, self.is_thinned)

    def runs(self) -> set[str]:
        """Return the names of the runs that have texts or hyperparameters."""
        return {tb_run for tb_run, _ in (*self._texts, *self._hparams)}

    def tags(self, tb_run: str) -> tuple[str, ...]:
        """Return the tags of a run that have texts, sorted; none for an unknown run."""
        return tuple(sorted({tag for of in self._files(tb_run) for tag in of}))

    def texts(self, tb_run: str, tag: str) -> tuple[Text, ...]:
        """Return the kept texts of a tag, oldest first; none for an unknown one."""
        return tuple(one for of in self._files(tb_run) for one in of.get(tag, ()))

    def hparams(self, tb_run: str) -> dict[str, Parameter]:
        """Return the hyperparameters of a run; what a later file says counts."""
        merged: dict[str, Parameter] = {}
        for place in sorted(self._hparams):
            if place[0] == tb_run:
                merged |= self._hparams[place]
        return merged

    def _files(self, tb_run: str) -> list[Mapping[str, tuple[Text, ...]]]:
        return [self._texts[place] for place in sorted(self._texts) if place[0] == tb_run]


def _characters(texts: Mapping[tuple[str, str], Mapping[str, tuple[Text, ...]]]) -> int:
    return sum(len(one.text) for of in texts.values() for kept in of.values() for one in kept)
