"""What pyproject.toml cannot say: the compiled core, which is left out where it fails to build.

Run by the build backend through setuptools; `build_backend/compiled_core.py` has the rules.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).resolve().parent / "build_backend"))

from compiled_core import BuildExtensions, MakeSdist, extensions

setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExtensions, "sdist": MakeSdist})
