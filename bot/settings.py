"""The settings that an admin makes in the environment or in .env, typed; and those that look like mistakes."""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

FILE = ".env"
ALSO_NAMED = ("ENCORE_DEBUG",)  # a setting of the command line, which a bot may find beside its own


class CannotStart(Exception):  # noqa: N818 — it ends up as the one line that an admin reads
    """The reason why the bot cannot start, in words for its admin."""


class Settings(BaseSettings):
    """Every setting is named ENCORE_…, except two: DISCORD_TOKEN and Numba's own NUMBA_CACHE_DIR."""

    model_config = SettingsConfigDict(env_prefix="ENCORE_", env_file=FILE, extra="ignore")

    token: SecretStr = Field(default=SecretStr(""), validation_alias="DISCORD_TOKEN", description="the bot's token")
    database_url: str = Field(
        default="sqlite+aiosqlite:///data/encore.sqlite3",
        description="SQLite, or PostgreSQL as postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    proxy: str | None = Field(default=None, description="HTTP proxy for everything that goes to Discord")
    model: str = Field(
        default="model",
        pattern="^(model|echo)$",
        description="echo repeats the input instead of using the model, for tests",
    )
    models: str = Field(
        default="", description="folder of checkpoints, NAME.safetensors with NAME.json: each is a style of that name"
    )
    arithmetic: str = Field(default="auto", description="how the model multiplies on a CPU: auto, int8 or float32")
    compiled: str = Field(
        default="", validation_alias="NUMBA_CACHE_DIR", description="folder of compiled loops; none: beside the code"
    )
    render_workers: int = Field(default=2, ge=1, le=32, description="processes that read files and render sound")
    crafts: int | None = Field(default=None, ge=1, le=32, description="the old name of ENCORE_RENDER_WORKERS")
    engine: str = Field(
        default="", description="none: this machine plays; nats://HOST:PORT: the machines of `generation serve` do"
    )
    shards: str = Field(
        default="",
        pattern=r"^(\d+(-\d+)?/\d+)?$",
        description="the shards of this bot, such as 0-15/64, if several bots share one token; none: all",
    )
    at_once: int = Field(default=8, ge=1, le=1000, description="requests that are played at the same time")
    queue: int = Field(default=24, ge=1, le=1000, description="requests that may wait")
    hourly: int = Field(default=60, ge=1, description="pieces that a member may have in an hour")
    keep_days: float = Field(
        default=7, gt=0, le=365, description="days that a reply's buttons work and its input is kept"
    )
    attachment_bytes: int = Field(default=5_000_000, ge=1_000, description="largest file that is read")
    health_port: int | None = Field(
        default=None, ge=0, le=65535, description="port of /healthz and /metrics; none: closed"
    )
    health_host: str = Field(default="127.0.0.1", description="address of /healthz and /metrics")
    grace: float = Field(
        default=25,
        ge=0,
        le=600,
        description="seconds for which a bot that is stopped lets pieces in progress finish",
    )
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="how much is logged")
    log_format: str = Field(default="text", pattern="^(text|json)$", description="json: an object a line")
    preview_port: str = Field(default="8420", description="port of the page in the browser, or off")

    @field_validator("shards")
    @classmethod
    def _shards_that_there_are(cls, said: str) -> str:
        if said:
            ours, count = shards_of(said)
            if not ours or ours[-1] >= count:
                raise PydanticCustomError("shards", "shards are counted from 0: 0-1/4 and 2-3/4 are two halves of four")
        return said

    @model_validator(mode="after")
    def _heed_old_names(self) -> Self:
        """Read the old names until the next release; `bot.__main__` warns the admin."""
        if self.crafts is not None and "render_workers" not in self.model_fields_set:
            self.render_workers = self.crafts
        return self

    def for_workers(self) -> dict[str, str]:
        """The settings that the processes that play read from their environment."""
        theirs = {"ENCORE_MODELS": self.models, "ENCORE_ARITHMETIC": self.arithmetic, "NUMBA_CACHE_DIR": self.compiled}
        return {name: value for name, value in theirs.items() if value}


def shards_of(said: str) -> tuple[range, int]:
    """ "4-7/16" → shards 4 to 7 of 16."""
    some, _, count = said.partition("/")
    first, _, last = some.partition("-")
    return range(int(first), int(last or first) + 1), int(count)


def doubts(settings: Settings, names: Iterable[str] | None = None) -> Iterator[str]:
    """Sentences about settings that may be mistakes: unknown names, and folders that are missing. By default, `names`
    are those of the environment and of .env."""
    known = {*ALSO_NAMED, *(f"ENCORE_{name}".upper() for name in Settings.model_fields)}
    for name in sorted({*os.environ, *dotenv_values(FILE)} if names is None else names):
        if name.upper().startswith("ENCORE_") and name.upper() not in known:
            near = get_close_matches(name.upper(), known, 1, 0.8)
            yield f"there is no setting {name}" + (f"; did you mean {near[0]}?" if near else "; it is ignored")
    if settings.shards and settings.database_url.startswith("sqlite"):
        yield "several bots with ENCORE_SHARDS need one PostgreSQL database; with SQLite each has settings of its own"
    if settings.shards and not settings.engine:
        yield "several bots with ENCORE_SHARDS need ENCORE_ENGINE; without it each has a queue of its own"
    if settings.models and not Path(settings.models).is_dir():
        yield f"the folder of ENCORE_MODELS is missing: {settings.models}"
