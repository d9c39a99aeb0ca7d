"""Encore auf Deutsch."""

GERMAN = {
    # the reply
    "{} plays on: {}.": "{} geht weiter: {}.",
    "Your tune": "Deine Melodie",
    "A fresh piece: {}.": "Ein neues Stück: {}.",
    "**{}**: {}.": "**{}**: {}.",
    "Take {}: {}": "Version {}: {}",
    ", the new part from {}": ", das Neue ab {}",
    " · temperature {} · seed {}": " · Temperatur {} · Seed {}",
    "Melody: {}.": "Melodie: {}.",
    "Discord takes {} files, {} MB each, {} MB together here; left out: {}.": (
        "Discord nimmt hier {} Dateien, je {} MB, zusammen {} MB; weggelassen: {}."
    ),
    "Another take": "Noch eine Version",
    "Warmer": "Wärmer",
    "Cooler": "Kühler",
    "Play on": "Weiterspielen",
    "Play on from take {}": "Weiter mit Version {}",
    "Only the new part": "Nur das Neue",
    "With the input": "Mit dem Anfang",
    "Delete": "Löschen",
    "Cancel": "Abbrechen",
    # while it lasts
    "Encore is busy; you are number {} in the line.": "Encore ist beschäftigt; du bist Nummer {} in der Schlange.",
    "Encore is playing…": "Encore spielt…",
    "Encore is playing… {} %": "Encore spielt… {} %",
    "Cancelled. Nothing was played.": "Abgebrochen. Es wurde nichts gespielt.",
    "Only who asked for it can cancel this.": "Nur wer darum gebeten hat, kann das abbrechen.",
    # what is wrong
    "Encore is being restarted. Ask again in a minute.": "Encore startet neu. Frag in einer Minute noch einmal.",
    "Encore is still playing for you. Wait for that piece, or cancel it, and ask again.": (
        "Encore spielt noch für dich. Warte auf das Stück oder brich es ab, und frag dann noch einmal."
    ),
    "{} pieces are waiting already, and no more fit. Try again in a minute.": (
        "Es warten schon {} Stücke, mehr passen nicht. Versuch es in einer Minute noch einmal."
    ),
    "You have had as many pieces as fit into an hour: {}. Ask again in {} min.": (
        "Du hattest so viele Stücke, wie in eine Stunde passen: {}. Frag in {} min noch einmal."
    ),
    "Something went wrong on Encore's side. It has been noted; try again.": (
        "Bei Encore ist etwas schiefgegangen. Es ist vermerkt; versuch es noch einmal."
    ),
    "Only people who may manage this server can change its settings. Ask one of them.": (
        "Nur wer diesen Server verwalten darf, kann seine Einstellungen ändern. Frag jemanden von ihnen."
    ),
    "Discord did not hand your file over. Send it again.": (
        "Discord hat deine Datei nicht herausgegeben. Schick sie noch einmal."
    ),
    "Encore cannot read that kind of file. Send a MIDI, ABC, MusicXML or kern file.": (
        "Solche Dateien kann Encore nicht lesen. Schick eine MIDI-, ABC-, MusicXML- oder kern-Datei."
    ),
    "There is no melody in that message: it needs a MIDI, ABC, MusicXML or kern file, or ABC from its X: on.": (
        "In dieser Nachricht ist keine Melodie: es braucht eine MIDI-, ABC-, MusicXML- oder kern-Datei oder ABC ab X:."
    ),
    "That file is empty. Export it again and send it anew.": (
        "Diese Datei ist leer. Exportiere sie noch einmal und schick sie neu."
    ),
    "That file has {} bytes; the limit is {}. Send a shorter piece.": (
        "Diese Datei hat {} Bytes; erlaubt sind {}. Schick ein kürzeres Stück."
    ),
    "There are only drums in this file, and drums are not a melody. Send one with a tune.": (
        "In dieser Datei ist nur Schlagzeug, und das ist keine Melodie. Schick eine mit einer Melodie."
    ),
    "There are no notes in this file. Send one with a tune.": (
        "In dieser Datei sind keine Noten. Schick eine mit einer Melodie."
    ),
    "This {} file cannot be read: it is damaged or holds something unusual. Export it again, as MIDI if you can.": (
        "Diese {}-Datei ist nicht lesbar: beschädigt oder ungewöhnlich. Exportiere sie neu, am besten als MIDI."
    ),
    "This piece lasts {} s; the limit is {} s. Send a shorter one.": (
        "Dieses Stück dauert {} s; erlaubt sind {} s. Schick ein kürzeres."
    ),
    "This reply is too old for its buttons, or was deleted. Ask anew with /extend or /compose.": (
        "Diese Antwort ist zu alt für ihre Knöpfe oder wurde gelöscht. Frag neu mit /extend oder /compose."
    ),
    "Only who asked for this music, or a moderator, can delete it.": (
        "Nur wer um diese Musik gebeten hat oder wer moderiert, kann sie löschen."
    ),
    "The temperature is {} already, and it does not get warmer. Try another take.": (
        "Die Temperatur ist schon {}, wärmer wird es nicht. Versuch noch eine Version."
    ),
    "The temperature is {} already, and it does not get cooler. Try another take.": (
        "Die Temperatur ist schon {}, kühler wird es nicht. Versuch noch eine Version."
    ),
    # settings, forget
    "From now on the {} in this server is {} wherever a member says nothing.": (
        "Ab jetzt gilt auf diesem Server {} = {}, wo niemand etwas anderes sagt."
    ),
    "This server's defaults are Encore's own again.": "Auf diesem Server gilt wieder, was Encore vorgibt.",
    "Deleted: what was kept for {} of your replies. Their buttons no longer work.": (
        "Gelöscht: was für {} deiner Antworten aufbewahrt war. Ihre Knöpfe gehen nicht mehr."
    ),
    # the commands
    "5 to 180": "5 bis 180",
    "1 to 4": "1 bis 4",
    "auto plays the instrument of the file": "auto spielt das Instrument der Datei",
    "Extend this melody": "Diese Melodie weiterspielen",
    "Play on from your tune": "Spielt deine Melodie weiter",
    "Play a fresh piece": "Spielt ein neues Stück",
    "What Encore is, what it keeps, and its licences": "Was Encore ist, was es aufbewahrt, und die Lizenzen",
    "Delete everything that Encore keeps of you": "Löscht alles, was Encore von dir aufbewahrt",
    "This server's defaults": "Was auf diesem Server gilt, wo niemand etwas sagt",
    "Show this server's defaults": "Zeigt, was auf diesem Server gilt",
    "Set the default temperature": "Setzt die Temperatur",
    "Set the default length of the new music": "Setzt die Länge der neuen Musik",
    "Set the default number of takes": "Setzt die Zahl der Versionen",
    "Set the default instrument": "Setzt das Instrument",
    "Forget this server's defaults": "Vergisst, was auf diesem Server gilt",
    "A MIDI, ABC, MusicXML or kern file; without one, a form opens to paste ABC": (
        "Eine MIDI-, ABC-, MusicXML- oder kern-Datei; ohne sie öffnet sich ein Formular für ABC"
    ),
    "The whole piece, or the new part alone": "Das ganze Stück oder nur das Neue",
    "the whole": "das Ganze",
    "only the new part": "nur das Neue",
    "0.1 plays safe, 0.9 is usual, 2 surprises everybody": "0.1 ist brav, 0.9 üblich, 2 überrascht alle",
    "Length of the new music, 5 to 180": "Länge der neuen Musik in Sekunden, 5 bis 180",
    "How many different answers, 1 to 4": "Wie viele verschiedene Antworten, 1 bis 4",
    "What plays the new part": "Was den neuen Teil spielt",
    "Whose manner to play in": "In welcher Art gespielt wird",
    "The seed of a take, to have it again": "Der Seed einer Version, um sie noch einmal zu bekommen",
    "Such as D minor": "Etwa D minor (d-Moll)",
    "Such as 6/8": "Etwa 6/8",
    "Quarter notes a minute, 20 to 400": "Viertel in der Minute, 20 bis 400",
    "Play on from ABC": "ABC weiterspielen",
    "Your tune in ABC": "Deine Melodie in ABC",
}
