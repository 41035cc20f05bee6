"""The certificate of HTTPS: two paths in, nothing out but a clear error.

The server's library would end with a trace; here it is told which file is wrong, and how.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from loss_monitor.errors import SettingError


def check_certificate(certfile: Path, keyfile: Path | None) -> None:
    """Raise SettingError where certificate and key cannot be used together.

    A key that has a password is refused: nobody is there to type it.
    """
    for name, path in (("CERTFILE", certfile), ("KEYFILE", keyfile)):
        if path is not None and not os.access(path, os.R_OK):
            raise SettingError(f"{name} {path} cannot be read; allowed is a PEM file of yours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise SettingError(
            f"CERTFILE {certfile} and KEYFILE {keyfile or certfile} cannot be used together "
            f"({error}); allowed are a certificate chain and its key without a password, in PEM"
        ) from error


def _no_password() -> str:
    raise ValueError("the key has a password")
