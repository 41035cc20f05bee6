"""The command line that all benchmarks share.

Enters: the function that measures, and its sizes. Leaves: results on standard output in
words, or in a file as lines of JSON for `run.py`. Every field of the sizes is an option.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

from place import Place
from results import Result, in_words, write_result

Sizes = TypeVar("Sizes")
"""A frozen dataclass of numbers: how much data, how often."""


def command(
    measure: Callable[[Sizes, Place], Iterator[Result]], full: Sizes, quick: Sizes, doc: str
) -> None:
    """Run one benchmark from its command line."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="folder for data; kept")
    parser.add_argument("--results", type=Path, metavar="FILE", help="append results as JSON")
    for field in fields(full):  # type: ignore[arg-type]
        default = getattr(full, field.name)
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(default),
            help=f"default: {default:,}, quick: {getattr(quick, field.name):,}",
        )
    options = parser.parse_args()
    given = {
        field.name: value
        for field in fields(full)  # type: ignore[arg-type]
        if (value := getattr(options, field.name)) is not None
    }
    sizes = replace(quick if options.quick else full, **given)  # type: ignore[type-var]
    with tempfile.TemporaryDirectory(prefix="loss-monitor-benchmark-") as own:
        place = Place(options.scratch or Path(own))
        place.folder.mkdir(parents=True, exist_ok=True)
        for result in measure(sizes, place):
            print(in_words(result), flush=True)
            if options.results is not None:
                with options.results.open("a") as file:
                    write_result(result, file)
