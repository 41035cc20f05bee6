"""The compiled core's build: which modules, from which sources, and when it is left out.

Enters: the Cython files of `src/loss_monitor/_native` and the C++ headers beside them, or, in
an unpacked sdist, the C++ that was generated when the sdist was made. Leaves: setuptools'
extensions and commands. Every extension is optional: where there is no compiler, or one that
fails, the installation succeeds and the Python twins run.

C++ is generated in a temporary folder, and into the sdist's own tree, never into the checkout:
there it would outlive the Cython file that it came from.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from setuptools import Extension
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parents[1]
SOURCES = Path("src/loss_monitor/_native")
PACKAGE = "loss_monitor._native"
CYTHON_REQUIREMENT = "Cython>=3.1"
# No `-march`: a wheel runs on any processor of its architecture. Where more instructions
# help, a function says so itself and is chosen when it runs.
COMPILE_ARGUMENTS = ("-std=c++17", "-O3", "-g0", "-fvisibility=hidden")


def module_names() -> list[str]:
    """Return the names of the core's compiled modules, such as `_text`."""
    return sorted(path.stem for path in (ROOT / SOURCES).glob("*.pyx"))


def source_mark() -> str:
    """Return what `loss_monitor._native.sources` says of the sources."""
    spec = importlib.util.spec_from_file_location("sources", ROOT / SOURCES / "sources.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{SOURCES}/sources.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.source_mark())


def has_generated_sources() -> bool:
    """Tell whether this is an unpacked sdist with the C++ of every module."""
    if not (ROOT / "PKG-INFO").is_file():
        return False
    return all((ROOT / SOURCES / f"{name}.cpp").is_file() for name in module_names())


def has_compiler() -> bool:
    """Tell whether a C++17 compiler and Python's headers work here.

    Asks by compiling: a compiler may be a stub, too old, or without `Python.h`.
    """
    headers = f"-I{sysconfig.get_path('include')}"
    return _compiles("#include <Python.h>\n#include <string_view>\n", headers, "-c")


def link_arguments() -> list[str]:
    """Return what makes the core independent of the C++ library that it runs beside.

    A cluster's newer compiler is a module, which may not be loaded any more when the monitor
    runs; the system's own C++ library is then too old. Not every system has a static one.
    """
    arguments = ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"]
    program = "#include <vector>\nstd::vector<int> numbers(9);\n"
    return arguments if _compiles(program, "-shared", "-fPIC", *arguments) else []


def _compiles(program: str, *options: str) -> bool:
    words = shlex.split(os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "c++")
    if not words or shutil.which(words[0]) is None:
        return False
    with tempfile.TemporaryDirectory(prefix="loss-monitor-c++-") as folder:
        answer = subprocess.run(
            [*words, "-std=c++17", *options, "-x", "c++", "-", "-o", f"{folder}/made"],
            input=program.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    return answer.returncode == 0


def requirement_to_build() -> list[str]:
    """Return Cython where the core can be built and its C++ has to be generated first."""
    return [] if has_generated_sources() or not has_compiler() else [CYTHON_REQUIREMENT]


def requirement_for_sdist() -> list[str]:
    """Return Cython unless this is an unpacked sdist: an sdist carries the generated C++."""
    return [] if has_generated_sources() else [CYTHON_REQUIREMENT]


def extensions() -> list[Extension]:
    """Return the core's modules; none where nothing could make C++ of them."""
    if has_generated_sources():
        return _extensions(".", ".cpp")
    if importlib.util.find_spec("Cython") is None:
        return []
    return _extensions(".", ".pyx")


def forget_editable_build() -> None:
    """Delete this Python's modules in the checkout: the next build may fail or be left out."""
    for name in module_names():
        path = ROOT / SOURCES / (name + sysconfig.get_config_var("EXT_SUFFIX"))
        path.unlink(missing_ok=True)


def _extensions(root: str, suffix: str) -> list[Extension]:
    folder = Path(root, SOURCES)
    headers = sorted((ROOT / SOURCES).glob("cpp/*.hpp"))
    link = link_arguments()
    return [
        Extension(
            f"{PACKAGE}.{name}",
            [str(folder / (name + suffix))],
            include_dirs=[str(folder / "cpp")],
            depends=[str(folder / "cpp" / header.name) for header in headers],
            define_macros=[("LOSS_MONITOR_SOURCES", f'"{source_mark()}"')],
            extra_compile_args=list(COMPILE_ARGUMENTS),
            extra_link_args=link,
            language="c++",
            optional=True,
        )
        for name in module_names()
    ]


class BuildExtensions(build_ext):  # type: ignore[misc] # setuptools ships no types
    """setuptools' `build_ext`, which leaves nothing of an earlier build behind."""

    def initialize_options(self) -> None:
        """Compile anew each time, and generate C++ in the temporary folder."""
        super().initialize_options()
        self.force = True
        self.cython_c_in_temp = True

    def build_extension(self, ext: Any) -> None:
        """Build one module; a module of older sources must not stand in for a failed build."""
        Path(self.get_ext_fullpath(ext.name)).unlink(missing_ok=True)
        super().build_extension(ext)


class MakeSdist(sdist):  # type: ignore[misc] # setuptools ships no types
    """setuptools' `sdist`, with the generated C++ in it."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy the files, then generate C++ beside the copies of the Cython files."""
        super().make_release_tree(base_dir, files)
        if not has_generated_sources():
            from Cython.Build import cythonize  # noqa: PLC0415 - a build requirement

            cythonize(_extensions(base_dir, ".pyx"), force=True, quiet=True)
