"""Encore en français."""

FRENCH = {
    # the reply
    "{} plays on: {}.": "{} continue : {}.",
    "Your tune": "Votre air",
    "A fresh piece: {}.": "Un nouveau morceau : {}.",
    "**{}**: {}.": "**{}** : {}.",
    "Take {}: {}": "Version {} : {}",
    ", the new part from {}": ", la suite à partir de {}",
    " · temperature {} · seed {}": " · température {} · graine {}",
    "Melody: {}.": "Mélodie : {}.",
    "Discord takes {} files, {} MB each, {} MB together here; left out: {}.": (
        "Discord accepte ici {} fichiers, {} Mo chacun, {} Mo en tout ; omis : {}."
    ),
    "Even its lowest bit rate is too large. Ask for fewer seconds or takes; the MIDI has the same music.": (
        "Même son plus bas débit est trop lourd. Demandez moins de secondes ou de versions ; le MIDI a la même musique."
    ),
    "Another take": "Une autre version",
    "Warmer": "Plus chaud",
    "Cooler": "Moins chaud",
    "Play on": "Continuer",
    "Play on from take {}": "Continuer la version {}",
    "Only the new part": "Seulement la suite",
    "With the input": "Avec le début",
    "Delete": "Supprimer",
    "Cancel": "Annuler",
    # while it lasts
    "Encore is busy; you are number {} in the line.": "Encore est occupé ; vous êtes numéro {} dans la file.",
    "Encore is playing…": "Encore joue…",
    "Encore is playing… {} %": "Encore joue… {} %",
    "Cancelled. Nothing was played.": "Annulé. Rien n'a été joué.",
    "Only the person who asked for it, or a moderator, can cancel this.": (
        "Seule la personne qui l'a demandé, ou la modération, peut l'annuler."
    ),
    # what is wrong
    "Encore was restarted while it played this, and the piece is lost. Ask again.": (
        "Encore a redémarré pendant qu'il jouait ceci, et le morceau est perdu. Redemandez."
    ),
    "This piece is on its way, or was already cancelled.": "Ce morceau arrive, ou est déjà annulé.",
    "Encore is being restarted. Ask again in a minute.": "Encore redémarre. Redemandez dans une minute.",
    "Encore is still playing for you. Wait for that piece, or cancel it, and ask again.": (
        "Encore joue encore pour vous. Attendez ce morceau ou annulez-le, puis redemandez."
    ),
    "{} pieces are waiting already, and no more fit. Try again in a minute.": (
        "{} morceaux attendent déjà, il n'y a plus de place. Réessayez dans une minute."
    ),
    "You have had as many pieces as fit into an hour: {}. Ask again in {} min.": (
        "Vous avez eu autant de morceaux qu'il en tient dans une heure : {}. Redemandez dans {} min."
    ),
    "Something went wrong on Encore's side. Its log has it as {}; try again.": (
        "Quelque chose a échoué du côté d'Encore. Son journal le note comme {} ; réessayez."
    ),
    "Only people who may manage this server can change its settings. Ask one of them.": (
        "Seules les personnes qui gèrent ce serveur peuvent changer ses réglages. Demandez à l'une d'elles."
    ),
    "Discord did not hand your file over. Send it again.": "Discord n'a pas remis votre fichier. Renvoyez-le.",
    "Encore cannot read that kind of file. Send a MIDI, ABC, MusicXML or kern file.": (
        "Encore ne lit pas ce genre de fichier. Envoyez un fichier MIDI, ABC, MusicXML ou kern."
    ),
    "There is no melody in that message: it needs a MIDI, ABC, MusicXML or kern file, or ABC from its X: on.": (
        "Il n'y a pas de mélodie dans ce message : il faut un fichier MIDI, ABC, MusicXML ou kern, ou de l'ABC dès X:."
    ),
    "That file is empty. Export it again and send it anew.": "Ce fichier est vide. Exportez-le et renvoyez-le.",
    "That file has {} bytes; the limit is {}. Send a shorter piece.": (
        "Ce fichier a {} octets ; la limite est de {}. Envoyez un morceau plus court."
    ),
    "There are only drums in this file, and drums are not a melody. Send one with a tune.": (
        "Il n'y a que des percussions dans ce fichier, et ce n'est pas une mélodie. Envoyez-en un avec un air."
    ),
    "There are no notes in this file. Send one with a tune.": (
        "Il n'y a pas de notes dans ce fichier. Envoyez-en un avec un air."
    ),
    "This {} file cannot be read: it is damaged or holds something unusual. Export it again, as MIDI if you can.": (
        "Ce fichier {} est illisible : abîmé ou inhabituel. Exportez-le de nouveau, en MIDI si possible."
    ),
    "This piece lasts {} s; the limit is {} s. Send a shorter one.": (
        "Ce morceau dure {} s ; la limite est de {} s. Envoyez-en un plus court."
    ),
    "This reply is too old for its buttons, or was deleted. Ask anew with /extend or /compose.": (
        "Cette réponse est trop ancienne pour ses boutons, ou supprimée. Redemandez avec /continuer ou /composer."
    ),
    "Only the person who asked for this music, or a moderator, can delete it.": (
        "Seule la personne qui a demandé cette musique, ou la modération, peut la supprimer."
    ),
    "The temperature is {} already, and it does not get warmer. Try another take.": (
        "La température est déjà à {}, elle ne monte pas plus. Essayez une autre version."
    ),
    "The temperature is {} already, and it does not get cooler. Try another take.": (
        "La température est déjà à {}, elle ne descend pas plus. Essayez une autre version."
    ),
    # settings, forget
    "This server's defaults are Encore's own again.": "Ce serveur reprend les réglages d'Encore.",
    "Deleted: what was kept for {} of your replies. Their buttons no longer work.": (
        "Supprimé : ce qui était gardé pour {} de vos réponses. Leurs boutons ne marchent plus."
    ),
    # the commands
    "5 to 180": "5 à 180",
    "1 to 4": "1 à 4",
    "auto plays the instrument of the file": "auto joue l'instrument du fichier",
    "Extend this melody": "Continuer cette mélodie",
    "Play on from your tune": "Continue votre air",
    "Play a fresh piece": "Joue un nouveau morceau",
    "What Encore is, what it keeps, and its licences": "Ce qu'est Encore, ce qu'il garde, et ses licences",
    "Delete everything that Encore keeps of yours": "Supprime tout ce qu'Encore garde de vous",
    "This server's defaults": "Les réglages de ce serveur",
    "Show this server's defaults": "Montre les réglages de ce serveur",
    "Set the default temperature": "Règle la température",
    "Set the default length of the new music": "Règle la durée de la nouvelle musique",
    "Set the default number of takes": "Règle le nombre de versions",
    "Set the default instrument": "Règle l'instrument",
    "Go back to Encore's own defaults": "Revient aux réglages d'Encore",
    "A MIDI, ABC, MusicXML or kern file; without one, a form opens to paste ABC": (
        "Un fichier MIDI, ABC, MusicXML ou kern ; sinon, un formulaire s'ouvre pour coller de l'ABC"
    ),
    "The whole piece, or the new part alone": "Tout le morceau, ou seulement la suite",
    "the whole": "tout",
    "only the new part": "seulement la suite",
    "0.1 plays safe, 0.9 is usual, 2 surprises everybody": "0,1 est sage, 0,9 habituel, 2 surprend tout le monde",
    "Length of the new music in seconds, 5 to 180": "Durée de la nouvelle musique en secondes, 5 à 180",
    "How many different answers, 1 to 4": "Combien de réponses différentes, 1 à 4",
    "What plays the new part": "Ce qui joue la suite",
    "The style to play in": "Le style de jeu",
    "The seed of a take, to have it again": "La graine d'une version, pour la ravoir",
    "Such as D minor": "Par exemple ré mineur",
    "Such as 6/8": "Par exemple 6/8",
    "Quarter notes a minute, 20 to 400": "Noires par minute, 20 à 400",
    "Play on from ABC": "Continuer de l'ABC",
    "Your tune in ABC": "Votre air en ABC",
    # /about
    (
        "**Encore {}** takes your tune and plays on. `/extend` continues a MIDI, ABC, MusicXML or kern file; "
        "`/compose` plays a fresh piece; `/queue` shows the line."
    ): (
        "**Encore {}** prend votre air et le continue. `/continuer` prolonge un fichier MIDI, ABC, MusicXML ou "
        "kern ; `/composer` joue un nouveau morceau ; `/file` montre la file."
    ),
    (
        "**How**: a recurrent network that looks back over the piece, trained from scratch on open "
        "collections of jazz solos, classical piano, fiddle tunes, songs and hymns; it chooses every note's "
        "pitch, timing, length and loudness. The model card below says what it learned from, how well it does, "
        "and what it does badly."
    ): (
        "**Comment** : un réseau récurrent qui se retourne sur le morceau, entraîné à partir de zéro sur des "
        "recueils ouverts de solos de jazz, de piano classique, d'airs de violon, de chansons et de cantiques ; "
        "il choisit la hauteur, le moment, la durée et la force de chaque note. La fiche du modèle ci-dessous dit "
        "de quoi il a appris, ce qu'il fait bien et ce qu'il fait mal."
    ),
    "**Temperature** says how far it strays: low repeats what is likely, high surprises.": (
        "**La température** dit jusqu'où il s'écarte : basse, elle répète le probable ; haute, elle surprend."
    ),
    (
        "**Privacy**: what you send, and what is played for you, is kept for {} days so that the buttons "
        "under a reply work, then deleted. `/forget` deletes yours at once, and so does the button “Delete” "
        "under a reply. Nothing is used for training or goes elsewhere."
    ): (
        "**Confidentialité** : ce que vous envoyez et ce qui est joué pour vous est gardé {} jours pour que les "
        "boutons d'une réponse marchent, puis supprimé. `/oublier` supprime le vôtre aussitôt, et le bouton « "
        "Supprimer » d'une réponse aussi. Rien ne sert à l'entraînement ni ne part ailleurs."
    ),
    "**Licences**: code MIT; soundfont MuseScore_General MIT; the data's terms stand in the model card.": (
        "**Licences** : code MIT ; soundfont MuseScore_General MIT ; celles des données sont dans la fiche du modèle."
    ),
    "Sheet music": "Partition",
    "The sheet music: a picture to read, and MusicXML for MuseScore and its like.": (
        "La partition : une image à lire, et du MusicXML pour MuseScore et autres."
    ),
    "There is no sheet music of this reply. Press “Another take” for one that has it.": (
        "Cette réponse n'a pas de partition. « Une autre version » en aura une."
    ),
    # where the melody was found
    "the top voice": "la voix du dessus",
    "the top voice of {}": "la voix du dessus de {}",
    "the first of {} tunes": "le premier de {} airs",
    "track {}": "piste {}",
    "voice {}": "voix {}",
    # the line
    "How many pieces are waiting, and where yours is": "Combien de morceaux attendent, et où est le vôtre",
    "Nobody is waiting: whoever asks now is played for at once.": (
        "Personne n'attend : qui demande maintenant passe tout de suite."
    ),
    "Playing now: {}; waiting: {}. Whoever asks now waits too.": (
        "Joués en ce moment : {} ; en attente : {}. Qui demande maintenant attend aussi."
    ),
    "You are number {} in the line.": "Vous êtes numéro {} dans la file.",
    "Encore is playing for you.": "Encore joue pour vous.",
    "Pieces left for you within this hour: {}.": "Morceaux que vous pouvez encore avoir dans l'heure : {}.",
    # more of what is wrong
    "Encore is being stopped. Ask again in a minute.": "Encore s'arrête. Redemandez dans une minute.",
    "This file took more than 5 s to read. Send a shorter or simpler one.": (
        "Lire ce fichier a pris plus de 5 s. Envoyez-en un plus court ou plus simple."
    ),
    "This piece took too long to render. Ask for fewer seconds.": (
        "Mettre ce morceau en son a pris trop de temps. Demandez moins de secondes."
    ),
    "This piece took too long to play. Ask for fewer seconds or takes.": (
        "Jouer ce morceau a pris trop de temps. Demandez moins de secondes ou de versions."
    ),
    "This file cannot be read: whoever tried it fell over twice. Export it again, as MIDI if you can.": (
        "Ce fichier est illisible : qui a essayé est tombé deux fois. Exportez-le de nouveau, en MIDI si possible."
    ),
    "This piece takes more memory than there is. Send a shorter or simpler one.": (
        "Ce morceau demande plus de mémoire qu'il n'y en a. Envoyez-en un plus court ou plus simple."
    ),
    "Something of ours went wrong at this piece ({}). It has been noted.": (
        "Quelque chose a échoué chez nous sur ce morceau ({}). C'est noté."
    ),
    "Encore's process for this ({}) died twice. It has been restarted; ask again.": (
        "Le processus d'Encore pour cela ({}) est mort deux fois. Il est relancé ; redemandez."
    ),
    (
        "The music is ready, but Encore may no longer post it here: let it send messages and attach files, "
        "and ask again."
    ): (
        "La musique est prête, mais Encore ne peut plus la publier ici : laissez-le envoyer messages et "
        "fichiers, et redemandez."
    ),
    "Encore has been updated and this command with it. Restart Discord, or wait a little, and try again.": (
        "Encore a été mis à jour, et cette commande avec lui. Relancez Discord ou attendez un peu, et réessayez."
    ),
    "There are {} notes in this file; the limit is {}. Send a shorter piece.": (
        "Il y a {} notes dans ce fichier ; la limite est de {}. Envoyez un morceau plus court."
    ),
    "This melody has {} notes; the limit is {}. Send a shorter piece.": (
        "Cette mélodie a {} notes ; la limite est de {}. Envoyez un morceau plus court."
    ),
    "This melody lasts {} s; the limit is {} s. Send a shorter piece.": (
        "Cette mélodie dure {} s ; la limite est de {} s. Envoyez un morceau plus court."
    ),
    (
        "This melody lasts {} s, and {} s of new music would take it to the limit of {} s. Send a shorter "
        "piece, or ask for fewer seconds."
    ): (
        "Cette mélodie dure {} s, et {} s de musique nouvelle la mèneraient à la limite de {} s. Envoyez un "
        "morceau plus court, ou demandez moins de secondes."
    ),
    "This is not a whole MIDI file: its header is missing. Export it again.": (
        "Ce n'est pas un fichier MIDI entier : l'en-tête manque. Exportez-le de nouveau."
    ),
    "This MIDI file has no tracks. Export it again.": "Ce fichier MIDI n'a pas de pistes. Exportez-le de nouveau.",
    "This MIDI file is damaged or breaks off: track {} cannot be read. Export it again.": (
        "Ce fichier MIDI est abîmé ou incomplet : la piste {} est illisible. Exportez-le de nouveau."
    ),
    "This MusicXML file is damaged ({}). Export it again.": (
        "Ce fichier MusicXML est abîmé ({}). Exportez-le de nouveau."
    ),
    "There is no music in this score. Send one with notes.": (
        "Il n'y a pas de musique dans cette partition. Envoyez-en une avec des notes."
    ),
    "This ABC tune has {} characters; the limit is {}. Send a shorter one.": (
        "Cet air ABC a {} caractères ; la limite est de {}. Envoyez-en un plus court."
    ),
    "There are no notes in this ABC tune. Send one with notes after the line that begins with K:.": (
        "Il n'y a pas de notes dans cet air ABC. Envoyez-en un avec des notes après la ligne qui commence par K:."
    ),
    "This file is empty. Send {}.": "Ce fichier est vide. Envoyez {}.",
    "There is no {} in this {} file. Send {}.": "Il n'y a pas de {} dans ce fichier {}. Envoyez {}.",
    "This is no file of notes that Encore knows. Send {}.": (
        "Ce n'est pas un fichier de notes qu'Encore connaît. Envoyez {}."
    ),
    "“{}” is not a key. Write one like “D minor”, “Bb major” or “A dorian”.": (
        "« {} » n'est pas une tonalité. Écrivez par exemple « ré mineur » ou « A dorian »."
    ),
    "There is no instrument “{}”. Choose one from the list.": (
        "Il n'y a pas d'instrument « {} ». Choisissez-en un dans la liste."
    ),
    "There is no instrument “{}”. Choose one of: {}.": "Il n'y a pas d'instrument « {} ». Choisissez parmi : {}.",
    "There is no style “{}”. Choose one of: {}.": "Il n'y a pas de style « {} ». Choisissez parmi : {}.",
    # settings
    "This server's default from now on: {} {}.": "Désormais, sur ce serveur : {} {}.",
    "What holds on this server where nobody says otherwise:": (
        "Ce qui vaut sur ce serveur quand personne ne dit autrement :"
    ),
    " (not set)": " (non réglé)",
    "temperature": "température",
    "seconds": "secondes",
    "takes": "versions",
    "instrument": "instrument",
}
