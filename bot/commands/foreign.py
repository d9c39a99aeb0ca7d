"""Files that Encore cannot read, recognised by the ending of their name before they are fetched; and what to do."""

from pathlib import PurePath

from generation.request import ENDINGS, Refusal

PROGRAMS = {
    (".mscz", ".mscx"): "MuseScore",
    (".gp", ".gp3", ".gp4", ".gp5", ".gpx", ".gtp"): "Guitar Pro",
    (".ptb", ".pt2"): "Power Tab",
    (".sib",): "Sibelius",
    (".mus", ".musx"): "Finale",
    (".dorico",): "Dorico",
    (".nwc", ".nwctxt"): "NoteWorthy Composer",
    (".cap", ".capx"): "capella",
    (".tg",): "TuxGuitar",
    (".ly",): "LilyPond",
    (".mei",): "MEI",
    (".flp",): "FL Studio",
    (".als",): "Ableton Live",
    (".logicx",): "Logic",
    (".rg",): "Rosegarden",
}
SOUND = (".m4a", ".aac", ".aif", ".aiff", ".wma", ".webm", ".mp4", ".mov")
PICTURES = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".svg", ".tif", ".tiff", ".ps")


def refuse_foreign(filename: str) -> None:
    """Raise `Refusal` for a file whose name has an ending that Encore does not read."""
    ending = PurePath(filename.lower()).suffix
    if ending in ENDINGS:
        return
    kind = ending.removeprefix(".").upper()
    for endings, program in PROGRAMS.items():
        if ending in endings:
            raise Refusal(
                "This is a {program} file, which Encore does not read. Open it there and export it as MusicXML "
                "or MIDI.",
                program=program,
            )
    if ending in SOUND:
        raise Refusal(
            "Encore does not decode this kind of recording ({kind}). On a phone, record a voice message in Discord "
            "instead; elsewhere, convert it to WAV, FLAC, MP3 or Ogg.",
            kind=kind,
        )
    if ending in PICTURES:
        raise Refusal(
            "This is a picture ({kind}), not notes. Export the score as MusicXML or MIDI from the program that made "
            "it.",
            kind=kind,
        )
    raise Refusal(
        "Encore cannot read that kind of file. Send a MIDI, ABC, MusicXML or kern file, or a recording of a melody."
    )
