"""What the readers say is wrong with a file or a wish: in English as they say it → in German and in French."""

REFUSALS = {
    "This file has {} bytes; the limit is {}. Send a shorter piece.": (
        "Diese Datei hat {} Bytes; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Ce fichier a {} octets ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This MIDI file has {} bytes; the limit is {}. Send a shorter piece.": (
        "Diese MIDI-Datei hat {} Bytes; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Ce fichier MIDI a {} octets ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This MIDI file has more than {} events. Send a shorter piece.": (
        "Diese MIDI-Datei hat mehr als {} Ereignisse. Schick ein kürzeres Stück.",
        "Ce fichier MIDI a plus de {} événements. Envoyez un morceau plus court.",
    ),
    "This MIDI file is of format 2, a set of separate patterns. Export it as format 0 or 1.": (
        "Diese MIDI-Datei hat Format 2, lauter einzelne Muster. Exportiere sie als Format 0 oder 1.",
        "Ce fichier MIDI est au format 2, des motifs séparés. Exportez-le au format 0 ou 1.",
    ),
    "This MIDI file says that a quarter note has 0 ticks. Export it again.": (
        "In dieser MIDI-Datei hat eine Viertel 0 Ticks. Exportiere sie noch einmal.",
        "Dans ce fichier MIDI, une noire a 0 tick. Exportez-le de nouveau.",
    ),
    "This ABC tune has more than {} bars. Send a shorter one.": (
        "Diese ABC-Melodie hat mehr als {} Takte. Schick eine kürzere.",
        "Cet air ABC a plus de {} mesures. Envoyez-en un plus court.",
    ),
    "The parts of this ABC tune (P:) repeat more than 64 times. Send a shorter one.": (
        "Die Teile dieser ABC-Melodie (P:) wiederholen sich über 64 Mal. Schick eine kürzere.",
        "Les parties de cet air ABC (P:) se répètent plus de 64 fois. Envoyez-en un plus court.",
    ),
    "This ABC tune has {} voices; the limit is {}. Send fewer.": (
        "Diese ABC-Melodie hat {} Stimmen; erlaubt sind {}. Schick weniger.",
        "Cet air ABC a {} voix ; la limite est de {}. Envoyez-en moins.",
    ),
    "There is no tune X:{} in this ABC file.": (
        "In dieser ABC-Datei gibt es keine Melodie X:{}.",
        "Il n'y a pas d'air X:{} dans ce fichier ABC.",
    ),
    "With its repeats this piece has more than {} bars. Send a shorter one.": (
        "Mit seinen Wiederholungen hat dieses Stück über {} Takte. Schick ein kürzeres.",
        "Avec ses reprises, ce morceau a plus de {} mesures. Envoyez-en un plus court.",
    ),
    "There are no bars in this score. Send one with notes.": (
        "In dieser Partitur sind keine Takte. Schick eine mit Noten.",
        "Il n'y a pas de mesures dans cette partition. Envoyez-en une avec des notes.",
    ),
    "This score has {} notes; the limit is {}. Send a shorter piece.": (
        "Diese Partitur hat {} Noten; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Cette partition a {} notes ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This score has {} parts; the limit is {}. Send a simpler one.": (
        "Diese Partitur hat {} Stimmen; erlaubt sind {}. Schick eine einfachere.",
        "Cette partition a {} parties ; la limite est de {}. Envoyez-en une plus simple.",
    ),
    "This score has {} bars; the limit is {}. Send a shorter piece.": (
        "Diese Partitur hat {} Takte; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Cette partition a {} mesures ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This score has {} marks besides its notes; the limit is {}. Send a simpler one.": (
        "Diese Partitur hat neben ihren Noten {} Zeichen; erlaubt sind {}. Schick eine einfachere.",
        "Cette partition a {} signes en plus de ses notes ; la limite est de {}. Envoyez-en une plus simple.",
    ),
    "This **kern file has {} notes; the limit is {}. Send a shorter piece.": (
        "Diese **kern-Datei hat {} Noten; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Ce fichier **kern a {} notes ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This **kern file has {} spines; the limit is {}. Send a simpler one.": (
        "Diese **kern-Datei hat {} Spalten; erlaubt sind {}. Schick eine einfachere.",
        "Ce fichier **kern a {} colonnes ; la limite est de {}. Envoyez-en un plus simple.",
    ),
    "This ABC tune has {} notes; the limit is {}. Send a shorter one.": (
        "Diese ABC-Melodie hat {} Noten; erlaubt sind {}. Schick eine kürzere.",
        "Cet air ABC a {} notes ; la limite est de {}. Envoyez-en un plus court.",
    ),
    "This MIDI file has {} tracks; the limit is {}. Send a simpler one.": (
        "Diese MIDI-Datei hat {} Spuren; erlaubt sind {}. Schick eine einfachere.",
        "Ce fichier MIDI a {} pistes ; la limite est de {}. Envoyez-en un plus simple.",
    ),
    "This score has {} bytes of XML; the limit is {}. Send a shorter piece.": (
        "Diese Partitur hat {} Bytes XML; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Cette partition a {} octets de XML ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "This MusicXML file is written bar by bar (score-timewise). Export it as score-partwise.": (
        "Diese MusicXML-Datei ist Takt für Takt geschrieben (score-timewise). Exportiere sie als score-partwise.",
        "Ce fichier MusicXML est écrit mesure par mesure (score-timewise). Exportez-le en score-partwise.",
    ),
    "This XML file is not a score: it is no MusicXML. Export the score as MusicXML (.musicxml).": (
        "Diese XML-Datei ist keine Partitur: kein MusicXML. Exportiere die Noten als MusicXML (.musicxml).",
        "Ce fichier XML n'est pas une partition : ce n'est pas du MusicXML. Exportez en MusicXML (.musicxml).",
    ),
    "This XML file defines entities, which no score needs. Export it again as MusicXML.": (
        "Diese XML-Datei definiert Entitäten, die keine Partitur braucht. Exportiere sie neu als MusicXML.",
        "Ce fichier XML définit des entités, dont nulle partition n'a besoin. Exportez-le de nouveau en MusicXML.",
    ),
    "This .mxl file cannot be unpacked: it is damaged or locked. Export it again.": (
        "Diese .mxl-Datei lässt sich nicht auspacken: beschädigt oder verschlossen. Exportiere sie noch einmal.",
        "Ce fichier .mxl ne se décompresse pas : abîmé ou verrouillé. Exportez-le de nouveau.",
    ),
    "There is no score in this zip file. Export the score as .mxl or .musicxml.": (
        "In dieser Zip-Datei ist keine Partitur. Exportiere die Noten als .mxl oder .musicxml.",
        "Il n'y a pas de partition dans ce fichier zip. Exportez-la en .mxl ou .musicxml.",
    ),
    "This **kern file has {} bytes; the limit is {}. Send a shorter piece.": (
        "Diese **kern-Datei hat {} Bytes; erlaubt sind {}. Schick ein kürzeres Stück.",
        "Ce fichier **kern a {} octets ; la limite est de {}. Envoyez un morceau plus court.",
    ),
    "The tempo must lie between 4 and 1,000 quarter notes a minute.": (
        "Das Tempo muss zwischen 4 und 1.000 Vierteln in der Minute liegen.",
        "Le tempo doit être entre 4 et 1 000 noires par minute.",
    ),
    "“{}” is not a metre. Write one like 4/4, 3/4 or 6/8.": (
        "„{}“ ist keine Taktart. Schreib eine wie 4/4, 3/4 oder 6/8.",
        "« {} » n'est pas une mesure. Écrivez par exemple 4/4, 3/4 ou 6/8.",
    ),
    "There is no instrument “{}”. Choose one of: auto, {}.": (
        "Es gibt kein Instrument „{}“. Wähl eins von: auto, {}.",
        "Il n'y a pas d'instrument « {} ». Choisissez parmi : auto, {}.",
    ),
}
