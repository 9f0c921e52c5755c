"""Pages that hold everything they need: what their policy allows, and data that no parser takes for markup."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup


def content_policy(style: str, scripts: Sequence[str]) -> str:
    """A page's content security policy: nothing but this style and these scripts, and no request to anywhere."""
    allowed = " ".join(_hash(script) for script in scripts)
    return f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; base-uri 'none'; form-action 'none'"


def embedded(data: Any) -> Markup:  # noqa: ANN401  JSON
    """JSON that no HTML parser takes for anything else, inside a script element that is not run."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704  escaped


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
