"""Make a throw-away certificate authority for one start of the sandbox."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A server's TLS and the file by which clients trust it."""

    context: ssl.SSLContext
    """For the server."""
    ca_bundle: Path
    """The authority's certificate in PEM. It is never installed anywhere."""


def make(folder: Path, names: tuple[str, ...]) -> Certificates:
    """Make an authority, and a certificate for some host names, in a folder closed to others."""
    folder.chmod(0o700)
    authority = trustme.CA(organization_name="azremedy sandbox")
    leaf = authority.issue_cert(*names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    bundle = folder / "ca.pem"
    _write_private(bundle, authority.cert_pem.bytes())
    return Certificates(context=context, ca_bundle=bundle)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
