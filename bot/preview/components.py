"""Components and embeds as Discord returns them: numbered, complete, with attachment:// resolved to the file host."""

from collections.abc import Callable

from bot.preview.world import File, Json

SELECTS = (3, 5, 6, 7, 8)
DEFAULTS: dict[int, Json] = {
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
    11: {"description": None, "spoiler": False},
    13: {"name": None, "size": None, "spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}


def numbered(components: list[Json]) -> list[Json]:
    """The components that a bot sent, with ids and defaults filled in, and without nulls where a field may be
    absent."""
    count = 0

    def one(part: Json) -> Json:
        nonlocal count
        count += 1
        known = {key: value for key, value in part.items() if value is not None}
        filled = {**DEFAULTS.get(part["type"], {}), **known, "id": part.get("id") or count}
        if part["type"] == 3:
            filled["options"] = [{k: v for k, v in option.items() if v is not None} for option in part["options"]]
        if part["type"] == 12:
            filled["items"] = [{"description": None, "spoiler": False, **item} for item in part["items"]]
        if "components" in part:
            filled["components"] = [one(inner) for inner in part["components"]]
        if part.get("accessory"):
            filled["accessory"] = one(part["accessory"])
        return filled

    return [one(part) for part in components]


def embed(sent: Json) -> Json:
    return {"type": "rich", **{key: value for key, value in sent.items() if value is not None and key != "type"}}


Link = Callable[[File], str]


def resolved(components: list[Json], files: list[File], link: Link) -> list[Json]:
    """Components whose media say where their files are."""

    def one(part: Json) -> Json:
        part = dict(part)
        if part["type"] == 11:
            part["media"] = media(part["media"], files, link)
        if part["type"] == 12:
            part["items"] = [{**item, "media": media(item["media"], files, link)} for item in part["items"]]
        if part["type"] == 13:
            part["file"] = media(part["file"], files, link)
            file = named(part["file"]["url"], part["file"].get("attachment_id"), files)
            part |= {"name": file.name, "size": len(file.data)} if file else {}
        if "components" in part:
            part["components"] = [one(inner) for inner in part["components"]]
        if "accessory" in part:
            part["accessory"] = one(part["accessory"])
        return part

    return [one(part) for part in components]


def resolved_embeds(embeds: list[Json], files: list[File], link: Link) -> list[Json]:
    fields = ("image", "thumbnail")
    return [{**e, **{f: embed_image(e[f], files, link) for f in fields if e.get(f)}} for e in embeds]


def named(url: str, file_id: str | None, files: list[File]) -> File | None:
    for file in files:
        if url == f"attachment://{file.name}" or file_id == str(file.id):
            return file
    return None


def media(sent: Json, files: list[File], link: Link) -> Json:
    file = named(sent["url"], None, files)
    if file is None:
        return {"id": "0", "proxy_url": sent["url"], **sent}
    url = link(file)
    more = {"content_type": file.content_type, "attachment_id": str(file.id)}
    return {"id": str(file.id), "url": url, "proxy_url": url, **more}


def embed_image(sent: Json, files: list[File], link: Link) -> Json:
    file = named(sent["url"], None, files)
    return {**sent, "url": link(file), "proxy_url": link(file)} if file else sent
