"""Log lines that name their job: as text for people, or as JSON for machines."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

JOB: ContextVar[int | None] = ContextVar("job", default=None)  # Discord's id of the interaction being answered


def start_logging(level: str, form: str) -> None:
    """Log to stderr from `level` upwards; `form` is a key of `FORMS`."""
    handler = logging.StreamHandler()
    handler.setFormatter(FORMS[form]())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("discord").setLevel(max(logging.WARNING, logging.root.level))


def write(log: logging.Logger, **fields: Any) -> None:
    """Log one line of facts: name=value for people, separate fields for machines."""
    facts = {name: round(fact, 3) if isinstance(fact, float) else fact for name, fact in fields.items()}
    log.info(" ".join(f"{name}={fact}" for name, fact in facts.items()), extra={"facts": facts})


class Text(logging.Formatter):
    """2026-01-31 12:00:00,000 INFO encore.job job=1100… outcome=played …"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(of)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        job = JOB.get()
        record.of = "" if job is None else f"job={job} "
        return super().format(record)


class Json(logging.Formatter):
    """One JSON object per line; the facts of a job are its fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (job := JOB.get()) is not None:
            line["job"] = str(job)  # larger than the numbers that JavaScript keeps whole
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line | getattr(record, "facts", {}), ensure_ascii=False)


FORMS: dict[str, type[logging.Formatter]] = {"text": Text, "json": Json}
