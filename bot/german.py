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
    "Even its lowest bit rate is too large. Ask for fewer seconds or takes; the MIDI has the same music.": (
        "Auch seine kleinste Bitrate ist zu groß. Wünsch weniger Sekunden oder Versionen; das MIDI hat dieselbe Musik."
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
    "Only the person who asked for it, or a moderator, can cancel this.": (
        "Nur wer darum gebeten hat oder wer moderiert, kann das abbrechen."
    ),
    # what is wrong
    "Encore was restarted while it played this, and the piece is lost. Ask again.": (
        "Encore wurde neu gestartet, während es dies spielte, und das Stück ist verloren. Frag noch einmal."
    ),
    "This piece is on its way, or was already cancelled.": "Dieses Stück kommt gerade oder ist schon abgebrochen.",
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
    "Something went wrong on Encore's side. Its log has it as {}; try again.": (
        "Bei Encore ist etwas schiefgegangen. In seinem Protokoll steht es als {}; versuch es noch einmal."
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
        "Diese Antwort ist zu alt für ihre Knöpfe oder wurde gelöscht. Frag neu mit /weiterspielen oder /komponieren."
    ),
    "Only the person who asked for this music, or a moderator, can delete it.": (
        "Nur wer um diese Musik gebeten hat oder wer moderiert, kann sie löschen."
    ),
    "The temperature is {} already, and it does not get warmer. Try another take.": (
        "Die Temperatur ist schon {}, wärmer wird es nicht. Versuch noch eine Version."
    ),
    "The temperature is {} already, and it does not get cooler. Try another take.": (
        "Die Temperatur ist schon {}, kühler wird es nicht. Versuch noch eine Version."
    ),
    # settings, forget
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
    "Delete everything that Encore keeps of yours": "Löscht alles, was Encore von dir aufbewahrt",
    "This server's defaults": "Was auf diesem Server gilt, wo niemand etwas sagt",
    "Show this server's defaults": "Zeigt, was auf diesem Server gilt",
    "Set the default temperature": "Setzt die Temperatur",
    "Set the default length of the new music": "Setzt die Länge der neuen Musik",
    "Set the default number of takes": "Setzt die Zahl der Versionen",
    "Set the default instrument": "Setzt das Instrument",
    "Go back to Encore's own defaults": "Kehrt zu Encores eigenen Vorgaben zurück",
    "A MIDI, ABC, MusicXML or kern file; without one, a form opens to paste ABC": (
        "Eine MIDI-, ABC-, MusicXML- oder kern-Datei; ohne sie öffnet sich ein Formular für ABC"
    ),
    "The whole piece, or the new part alone": "Das ganze Stück oder nur das Neue",
    "the whole": "das Ganze",
    "only the new part": "nur das Neue",
    "0.1 plays safe, 0.9 is usual, 2 surprises everybody": "0,1 ist brav, 0,9 üblich, 2 überrascht alle",
    "Length of the new music in seconds, 5 to 180": "Länge der neuen Musik in Sekunden, 5 bis 180",
    "How many different answers, 1 to 4": "Wie viele verschiedene Antworten, 1 bis 4",
    "What plays the new part": "Was den neuen Teil spielt",
    "The style to play in": "Der Stil, in dem gespielt wird",
    "The seed of a take, to have it again": "Der Seed einer Version, um sie noch einmal zu bekommen",
    "Such as D minor": "Etwa d-Moll",
    "Such as 6/8": "Etwa 6/8",
    "Quarter notes a minute, 20 to 400": "Viertel in der Minute, 20 bis 400",
    "Play on from ABC": "ABC weiterspielen",
    "Your tune in ABC": "Deine Melodie in ABC",
    # /about
    (
        "**Encore {}** takes your tune and plays on. `/extend` continues a MIDI, ABC, MusicXML or kern file; "
        "`/compose` plays a fresh piece; `/queue` shows the line."
    ): (
        "**Encore {}** nimmt deine Melodie und spielt weiter. `/weiterspielen` führt eine MIDI-, ABC-, MusicXML- "
        "oder kern-Datei fort; `/komponieren` spielt ein neues Stück; `/warteschlange` zeigt die Schlange."
    ),
    (
        "**How**: a recurrent network that looks back over the piece, trained from scratch on open "
        "collections of jazz solos, classical piano, fiddle tunes, songs and hymns; it chooses every note's "
        "pitch, timing, length and loudness. The model card below says what it learned from, how well it does, "
        "and what it does badly."
    ): (
        "**Wie**: ein rekurrentes Netz, das auf das Stück zurückblickt, von Grund auf gelernt an offenen "
        "Sammlungen von Jazzsoli, klassischem Klavier, Fiddle-Tunes, Liedern und Chorälen; es wählt Höhe, "
        "Zeit, Länge und Stärke jedes Tons. Die Modellkarte unten sagt, woraus es gelernt hat, was es gut und was "
        "es schlecht kann."
    ),
    "**Temperature** says how far it strays: low repeats what is likely, high surprises.": (
        "**Temperatur** heißt, wie weit es abschweift: niedrig wiederholt, was nahe liegt, hoch überrascht."
    ),
    (
        "**Privacy**: what you send, and what is played for you, is kept for {} days so that the buttons "
        "under a reply work, then deleted. `/forget` deletes yours at once, and so does the button “Delete” "
        "under a reply. Nothing is used for training or goes elsewhere."
    ): (
        "**Datenschutz**: Was du schickst und was für dich gespielt wird, bleibt {} Tage, damit die Knöpfe "
        "unter einer Antwort gehen, dann wird es gelöscht. `/vergessen` löscht deines sofort, der Knopf "
        "„Löschen“ unter einer Antwort auch. Nichts davon dient zum Trainieren oder wird weitergegeben."
    ),
    "**Licences**: code MIT; soundfont MuseScore_General MIT; the data's terms stand in the model card.": (
        "**Lizenzen**: Code MIT; Soundfont MuseScore_General MIT; die der Daten stehen in der Modellkarte."
    ),
    "Sheet music": "Noten",
    "The sheet music: a picture to read, and MusicXML for MuseScore and its like.": (
        "Die Noten: ein Bild zum Lesen, und MusicXML für MuseScore und Ähnliches."
    ),
    "There is no sheet music of this reply. Press “Another take” for one that has it.": (
        "Zu dieser Antwort gibt es keine Noten. „Noch eine Version“ hat welche."
    ),
    # where the melody was found
    "the top voice": "die Oberstimme",
    "the top voice of {}": "die Oberstimme von {}",
    "the first of {} tunes": "die erste von {} Melodien",
    "track {}": "Spur {}",
    "voice {}": "Stimme {}",
    # the line
    "How many pieces are waiting, and where yours is": "Wie viele Stücke warten, und wo deines ist",
    "Nobody is waiting: whoever asks now is played for at once.": "Niemand wartet: wer jetzt fragt, kommt sofort dran.",
    "Playing now: {}; waiting: {}. Whoever asks now waits too.": (
        "Gerade gespielt: {}; in der Schlange: {}. Wer jetzt fragt, wartet auch."
    ),
    "You are number {} in the line.": "Du bist Nummer {} in der Schlange.",
    "Encore is playing for you.": "Encore spielt für dich.",
    "Pieces left for you within this hour: {}.": "Stücke, die du in dieser Stunde noch haben kannst: {}.",
    # more of what is wrong
    "Encore is being stopped. Ask again in a minute.": "Encore wird angehalten. Frag in einer Minute noch einmal.",
    "This file took more than 5 s to read. Send a shorter or simpler one.": (
        "Diese Datei zu lesen dauerte über 5 s. Schick eine kürzere oder einfachere."
    ),
    "This piece took too long to render. Ask for fewer seconds.": (
        "Dieses Stück zum Klingen zu bringen dauerte zu lange. Wünsch dir weniger Sekunden."
    ),
    "This piece took too long to play. Ask for fewer seconds or takes.": (
        "Dieses Stück zu spielen dauerte zu lange. Wünsch dir weniger Sekunden oder Versionen."
    ),
    "This file cannot be read: whoever tried it fell over twice. Export it again, as MIDI if you can.": (
        "Diese Datei ist nicht lesbar: wer es versuchte, fiel zweimal um. Exportiere sie neu, am besten als MIDI."
    ),
    "This piece takes more memory than there is. Send a shorter or simpler one.": (
        "Dieses Stück braucht mehr Speicher, als da ist. Schick ein kürzeres oder einfacheres."
    ),
    "Something of ours went wrong at this piece ({}). It has been noted.": (
        "Bei diesem Stück ist bei uns etwas schiefgegangen ({}). Es ist vermerkt."
    ),
    "Encore's process for this ({}) died twice. It has been restarted; ask again.": (
        "Encores Prozess dafür ({}) starb zweimal. Er läuft wieder; frag noch einmal."
    ),
    (
        "The music is ready, but Encore may no longer post it here: let it send messages and attach files, "
        "and ask again."
    ): (
        "Die Musik ist fertig, aber Encore darf sie hier nicht mehr zeigen: erlaube ihm Nachrichten und "
        "Dateien, und frag noch einmal."
    ),
    "Encore has been updated and this command with it. Restart Discord, or wait a little, and try again.": (
        "Encore wurde erneuert und dieser Befehl mit ihm. Starte Discord neu oder warte ein wenig, und "
        "versuch es noch einmal."
    ),
    "There are {} notes in this file; the limit is {}. Send a shorter piece.": (
        "In dieser Datei sind {} Noten; erlaubt sind {}. Schick ein kürzeres Stück."
    ),
    "This melody has {} notes; the limit is {}. Send a shorter piece.": (
        "Diese Melodie hat {} Noten; erlaubt sind {}. Schick ein kürzeres Stück."
    ),
    "This melody lasts {} s; the limit is {} s. Send a shorter piece.": (
        "Diese Melodie dauert {} s; erlaubt sind {} s. Schick ein kürzeres Stück."
    ),
    (
        "This melody lasts {} s, and {} s of new music would take it to the limit of {} s. Send a shorter "
        "piece, or ask for fewer seconds."
    ): (
        "Diese Melodie dauert {} s, mit {} s neuer Musik käme sie an die Grenze von {} s. Schick ein "
        "kürzeres Stück oder wünsch dir weniger Sekunden."
    ),
    "This is not a whole MIDI file: its header is missing. Export it again.": (
        "Das ist keine ganze MIDI-Datei: ihr Kopf fehlt. Exportiere sie noch einmal."
    ),
    "This MIDI file has no tracks. Export it again.": "Diese MIDI-Datei hat keine Spuren. Exportiere sie noch einmal.",
    "This MIDI file is damaged or breaks off: track {} cannot be read. Export it again.": (
        "Diese MIDI-Datei ist beschädigt oder bricht ab: Spur {} ist nicht lesbar. Exportiere sie noch einmal."
    ),
    "This MusicXML file is damaged ({}). Export it again.": (
        "Diese MusicXML-Datei ist beschädigt ({}). Exportiere sie noch einmal."
    ),
    "There is no music in this score. Send one with notes.": (
        "In dieser Partitur ist keine Musik. Schick eine mit Noten."
    ),
    "This ABC tune has {} characters; the limit is {}. Send a shorter one.": (
        "Diese ABC-Melodie hat {} Zeichen; erlaubt sind {}. Schick eine kürzere."
    ),
    "There are no notes in this ABC tune. Send one with notes after the line that begins with K:.": (
        "In dieser ABC-Melodie sind keine Noten. Schick eine mit Noten nach der Zeile, die mit K: beginnt."
    ),
    "This file is empty. Send {}.": "Diese Datei ist leer. Schick {}.",
    "There is no {} in this {} file. Send {}.": "Darin ist kein {}, obwohl ihr Name auf {} endet. Schick {}.",
    "This is no file of notes that Encore knows. Send {}.": "Das ist keine Notendatei, die Encore kennt. Schick {}.",
    "“{}” is not a key. Write one like “D minor”, “Bb major” or “A dorian”.": (
        "„{}“ ist keine Tonart. Schreib eine wie „D-Dur“, „a-Moll“ oder „A dorian“."
    ),
    "There is no instrument “{}”. Choose one from the list.": "Es gibt kein Instrument „{}“. Wähl eins aus der Liste.",
    "There is no instrument “{}”. Choose one of: {}.": "Es gibt kein Instrument „{}“. Wähl eins von: {}.",
    "There is no style “{}”. Choose one of: {}.": "Es gibt keinen Stil „{}“. Wähl einen von: {}.",
    # settings
    "This server's default from now on: {} {}.": "Auf diesem Server gilt ab jetzt: {} {}.",
    "What holds on this server where nobody says otherwise:": (
        "Was auf diesem Server gilt, wo niemand etwas anderes sagt:"
    ),
    " (not set)": " (nicht gesetzt)",
    "temperature": "Temperatur",
    "seconds": "Sekunden",
    "takes": "Versionen",
    "instrument": "Instrument",
}
