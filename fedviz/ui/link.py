"""A whole configuration as a query parameter: `?config=` holds compressed JSON in the URL's alphabet."""

import base64
import binascii
import json
import zlib

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError, InputError
from fedviz.core.i18n import _
from fedviz.ui.sentences import sentence

MAX_LINK = 4000
"""Characters; common browsers and servers carry addresses of at least 8,000."""
MAX_JSON = 50_000
"""Bytes after unpacking; a configuration needs about 2,000."""


def encode(config: RunConfig) -> str:
    """The configuration as a query parameter of some hundred characters; equal configurations give equal links."""
    text = json.dumps(config.to_data(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def decode(parameter: str) -> RunConfig:
    """The configuration of a link. `InputError` where the link is damaged or too long, or what it holds breaks a rule."""
    if len(parameter) > MAX_LINK:
        words = _("A configuration in a link takes at most {limit} characters, but this one has {count}.")
        raise InputError(words.format(limit=MAX_LINK, count=len(parameter)))
    try:
        packed = base64.b64decode(parameter + "=" * (-len(parameter) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, MAX_JSON)
        if not unpacker.eof:
            raise ValueError("cut off or too long")
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("not a table")
    except (ValueError, zlib.error, binascii.Error, RecursionError):
        raise InputError(_("The configuration in this link is damaged; ask for the link again or start from a ready-made one.")) from None
    try:
        return RunConfig.parse(data)
    except FedvizError as error:
        raise InputError(_("The configuration in this link cannot be used: {reason}").format(reason=sentence(error))) from None
