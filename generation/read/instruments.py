"""Names of instruments, in the languages of scores → their numbers in General MIDI."""

import re

# The first pattern that matches counts: “bass clarinet” before “clarinet” before “bass”.
PROGRAMS = tuple(
    (re.compile(pattern, re.I), program)
    for pattern, program in (
        (r"e[-. ]?piano|electric piano|rhodes|wurli", 4),
        (r"harpsi|cembal(?!om)|clavecin|clavicembalo|spinett?", 6),
        (r"clavinet|clavichord", 7),
        (r"celesta|céleste", 8),
        (r"glocken|campanelli|carillon", 9),
        (r"vibra?phon|vibes", 11),
        (r"marimba", 12),
        (r"xylo", 13),
        (r"tubular|chimes|campane|röhrenglock", 14),
        (r"dulcimer|cimbal|hackbrett|santur", 15),
        (r"harmonium|reed organ", 20),
        (r"bandone[oó]n", 23),
        (r"acc?ord[eé]on|akkordeon|fisarmonica", 21),
        (r"harmonica|mundharmon", 22),
        (r"organ(?!ist)|orgel|orgue|órgano|\bpedal", 19),
        (r"electric bass|e[-. ]?bass|bass guitar|bassgitarre|bajo el", 33),
        (r"(steel|acoustic|western)[^a-z]*gui?ta?r", 25),
        (r"jazz gui?ta?r", 26),
        (r"(distort|overdriv)\w*[^a-z]*gui?ta?r", 30),
        (r"electric gui?ta?r|e[-. ]?gitarre|guitare [eé]lectr", 27),
        (r"ukulele", 24),
        (r"gui?tar|gitarr|guitarr|chitarra|\bgtr", 24),
        (r"mandolin|\blute|\blaute|liuto|tiorba|theorb|\boud\b|bouzouki|baglama|saz\b", 25),
        (r"sitar", 104),
        (r"banjo", 105),
        (r"shamisen", 106),
        (r"koto", 107),
        (r"kalimba", 108),
        (r"bagpipe|dudelsack|cornemuse|gaita|uilleann", 109),
        (r"contrabassoon|kontrafagott|contrebasson|controfagotto", 70),
        (r"bassoon|fagott?|basson|\bfag\b", 70),
        (r"english horn|cor anglais|englisch ?horn|corno inglese", 69),
        (r"obo[ei]|hautbois|hoboe|\bob\b", 68),
        (r"clarin|klarin|\bclar\b", 71),
        (r"piccolo|ottavino", 72),
        (r"pan ?(flute|pipe)|panflöte", 75),
        (r"recorder|blockfl|fl[uû]te à bec|flauto dolce|flauta dulce", 74),
        (r"shakuhachi", 77),
        (r"tin ?whistle|whistle", 78),
        (r"ocarina", 79),
        (r"\bney\b|kaval|fl(u|ö|û|au)te?n?\b|flaut[oa]|flöte|flute", 73),
        (r"sopran\w*[^a-z]*sax", 64),
        (r"tenor\w*[^a-z]*sax", 66),
        (r"bari\w*[^a-z]*sax|bass\w*[^a-z]*sax", 67),
        (r"sax", 65),
        (r"muted trumpet", 59),
        (r"trumpet|trompet|tromba(?!ne)|trompette|cornet(?!to)|kornett|flugel|flügelhorn|bugle|\btpt", 56),
        (r"trombon|posaun|\btr?bni?\b", 57),
        (r"tuba|sousa|ophicleide|euphon|bombard", 58),
        (r"\b(french )?horns?\b|\bcors?\b|\bcorn[oiu]\b|\bhr\b|waldhorn|alphorn|trompa", 60),
        (r"brass|blech", 61),
        (r"timpan|pauken|timbales?\b|kettle", 47),
        (r"harp(?!s)|harfe|arpa", 46),
        (r"contrabass|double ?bass|kontrabas|contrebasse|contrabajo|upright bass|violone|\bcb(as+o)?\b", 43),
        (r"violoncell|\bcell[oi]\b|\bvc(l|ell[oie])?\b|gamba|viol(a|e) da", 42),
        (r"\bviola\b|\bviole\b|bratsche|\balto \(viola|\bvla\b", 41),
        (r"violin|violon\b|^\W*v\.\s*(\d|i)|\bgeige|fiddle|\bvln?\b|kemen|rabab|erhu", 40),
        (r"strings|streicher|archi|cordes", 48),
        (r"voice|voix|\bvoce|vocal|voz\b|sopran|alto\b|alt\b|mezzo|tenor|ténor|barit|bass[oe]?\b.*(voice|sing)|choi?r|"
         r"chœur|coro|chor\b|canto|cantus|altus|bassus|gesang|stimme|głos|śpiew|sing|chant\b|vox", 52),
        (r"^\s*(bass[eo]?|b\.?)\s*$", 52),
        (r"acoustic bass|\bbass\b", 32),
        (r"lead\b|synth", 80),
        (r"pad\b", 88),
        (r"pian(o|ino|\b)|klav[ií]|clavier|\bpf\b|\bpno\b|keyboard|tasten|zongora", 0),
    )
)  # fmt: skip
DRUMS = tuple(
    (re.compile(pattern, re.I), drum)
    for pattern, drum in (
        (r"bass drum|kick|gran ?cassa|grosse? (caisse|trommel)|bombo", 36),
        (r"side ?stick|rim|cross ?stick", 37),
        (r"snare|caisse claire|kleine trommel|tamburo|redoblante|side drum|tenor drum", 38),
        (r"clap", 39),
        (r"(open.*hi.?hat|hi.?hat.*open)", 46),
        (r"(pedal.*hi.?hat|hi.?hat.*(pedal|foot))", 44),
        (r"hi.?hat|charleston", 42),
        (r"floor tom|low tom", 43),
        (r"(high|hi) tom|tom 1", 50),
        (r"tom", 47),
        (r"ride bell", 53),
        (r"ride", 51),
        (r"splash", 55),
        (r"china|gong|tam.?tam", 52),
        (r"crash|cymbal|becken|piatti|platillo", 49),
        (r"tambourin|schellen|pandero|tamburin", 54),
        (r"cow.?bell|cencerro", 56),
        (r"high bongo|hi bongo", 60),
        (r"bongo", 61),
        (r"conga|tumba", 63),
        (r"timbal", 65),
        (r"agogo", 67),
        (r"cabasa|afuch", 69),
        (r"maraca", 70),
        (r"g[uü]iro", 74),
        (r"clave", 75),
        (r"wood ?block|temple ?block|holzblock", 76),
        (r"cuica", 79),
        (r"triang", 81),
        (r"shaker|caxixi", 82),
        (r"sleigh|jingle", 83),
        (r"castan|kastagn|castañ", 85),
        (r"surdo", 87),
        (r"darbuka|djembe|bendir|cajon|cajón|bodhr|daf\b", 63),
    )
)


def program_named(words: str) -> int | None:
    """The General MIDI program, 0 … 127, of a name such as “Violoncello”, “B♭ Clarinet 2” or “Singstimme”."""
    words = words.replace("ſ", "s")
    return next((program for pattern, program in PROGRAMS if pattern.search(words)), None) if words.strip() else None


def drum_named(words: str) -> int | None:
    """The drum of General MIDI that a name such as “Acoustic Snare” means."""
    return next((drum for pattern, drum in DRUMS if pattern.search(words)), None) if words.strip() else None
