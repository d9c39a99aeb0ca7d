"""Judges requests and answers by Discord's own OpenAPI description, a copy of which lies in data/discord."""

import copy
import functools
import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

URI = "urn:discord"
SNOWFLAKES = re.compile(r"(.*_)?id$")


class Description:
    """The `Judge` that the stand-in takes: says in sentences where JSON departs from the description."""

    def __init__(self) -> None:
        text = (Path(__file__).parent / "data/discord/openapi.json").read_text("utf-8")
        self.paths: dict[str, Any] = (document := json.loads(text))["paths"]
        self.registry: Registry[Any] = Registry().with_resource(URI, Resource(document, DRAFT202012))
        # Paths with fewer parameters first: /users/@me is not a /users/{user_id}.
        self.patterns = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(self.paths, key=lambda path: (path.count("{"), path))
        ]
        self.validator = functools.cache(self._validator)

    def _validator(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"{URI}#{pointer}"}, registry=self.registry)

    def find(self, method: str, path: str) -> tuple[str, Any] | None:
        """The pointer of an operation and the operation itself."""
        for pattern, template in self.patterns:
            if pattern.fullmatch(path) and method.lower() in self.paths[template]:
                escaped = template.replace("~", "~0").replace("/", "~1")
                return f"/paths/{escaped}/{method.lower()}", self.paths[template][method.lower()]
        return None

    def request(self, method: str, path: str, body: Any) -> list[str]:
        if (found := self.find(method, path)) is None:
            return ["Discord's description has no such operation"]
        pointer, operation = found
        content = operation.get("requestBody", {}).get("content")
        if not content:
            return [] if body is None else ["a body was sent where none is wanted"]
        if body is None:
            return ["no body was sent"] if operation["requestBody"].get("required") else []
        return self.problems(f"{pointer}/requestBody/content/application~1json/schema", text_ids(body))

    def response(self, method: str, path: str, status: int, body: Any) -> list[str]:
        if (found := self.find(method, path)) is None:
            return []
        pointer, operation = found
        if str(status) not in operation["responses"]:
            if status >= 400:
                return self.problems("/components/schemas/ErrorResponse", body)
            return [f"the status {status} is not described"]
        described = operation["responses"][str(status)].get("content")
        if not described:
            return [] if body is None else ["an answer with a body where none is described"]
        return self.problems(f"{pointer}/responses/{status}/content/application~1json/schema", body)

    def problems(self, pointer: str, body: Any) -> list[str]:
        error = best_match(self.validator(pointer).iter_errors(body))
        return [f"{error.json_path}: {error.message[:300]}"] if error else []


def text_ids(body: Any) -> Any:
    """Ids as text: Discord takes numbers for them too, its description does not say so."""
    body = copy.deepcopy(body)
    stack = [body]
    while stack:
        thing = stack.pop()
        if isinstance(thing, dict):
            reference = "message_id" in thing or "recipient_id" in thing
            for key, value in thing.items():
                if key == "attachments":
                    for entry in value if isinstance(value, list) else []:
                        if isinstance(entry, dict) and "id" in entry:
                            entry["id"] = str(entry["id"])
                elif reference and SNOWFLAKES.match(key) and isinstance(value, int):
                    thing[key] = str(value)
            stack += thing.values()
        elif isinstance(thing, list):
            stack += thing
    return body
