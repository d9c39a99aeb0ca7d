"""The tables of the database, and the statements that bring those of an earlier version up to date."""

from sqlalchemy import BigInteger, Float, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Statements that bring a database of version 1, 2, … to the next one; a new database, and a table that is missing, are
# made from the classes below. They only add things that an Encore one version older can ignore, since that
# may still run beside this one. {bytes} is the database's name for bytes.
MIGRATIONS: tuple[str, ...] = (
    "ALTER TABLE takes ADD COLUMN sheets {bytes}",
    "ALTER TABLE takes ADD COLUMN wholes {bytes}",
    "ALTER TABLE servers ADD COLUMN style VARCHAR(40)",
)
VERSION = 1 + len(MIGRATIONS)


class Table(DeclarativeBase):
    pass


class Server(Table):
    """The defaults of a server."""

    __tablename__ = "servers"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    temperature: Mapped[float | None] = mapped_column(Float)
    seconds: Mapped[float | None] = mapped_column(Float)
    takes: Mapped[int | None] = mapped_column(Integer)
    instrument: Mapped[str | None] = mapped_column(String(40))
    style: Mapped[str | None] = mapped_column(String(40))


class Reply(Table):
    """What the buttons of a reply need."""

    __tablename__ = "takes"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    member: Mapped[int] = mapped_column(BigInteger, index=True)
    expires: Mapped[float] = mapped_column(Float, index=True)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    midis: Mapped[bytes] = mapped_column(LargeBinary)
    sheets: Mapped[bytes | None] = mapped_column(LargeBinary)  # of schema 2; now `wholes`, from which they are made
    wholes: Mapped[bytes | None] = mapped_column(LargeBinary)


class Found(Table):
    """Where a take stands that was played: take `number` of a reply, from 0, under one of `likeness.names`."""

    __tablename__ = "played"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reply: Mapped[str] = mapped_column(String(16), index=True)
    number: Mapped[int] = mapped_column(Integer)


class Piece(Table):
    """A piece that counts towards a member's hour."""

    __tablename__ = "pieces"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    member: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[float] = mapped_column(Float, index=True)


class Note(Table):
    """What the bot remembers of itself."""

    __tablename__ = "notes"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
