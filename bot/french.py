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
    "Another take": "Une autre version",
    "Warmer": "Plus chaud",
    "Cooler": "Plus froid",
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
    "Only who asked for it can cancel this.": "Seule la personne qui l'a demandé peut l'annuler.",
    # what is wrong
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
    "Something went wrong on Encore's side. It has been noted; try again.": (
        "Quelque chose a échoué du côté d'Encore. C'est noté ; réessayez."
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
        "Cette réponse est trop ancienne pour ses boutons, ou supprimée. Redemandez avec /extend ou /compose."
    ),
    "Only who asked for this music, or a moderator, can delete it.": (
        "Seule la personne qui a demandé cette musique, ou la modération, peut la supprimer."
    ),
    "The temperature is {} already, and it does not get warmer. Try another take.": (
        "La température est déjà à {}, elle ne monte pas plus. Essayez une autre version."
    ),
    "The temperature is {} already, and it does not get cooler. Try another take.": (
        "La température est déjà à {}, elle ne descend pas plus. Essayez une autre version."
    ),
    # settings, forget
    "From now on the {} in this server is {} wherever a member says nothing.": (
        "Désormais, sur ce serveur, {} = {} quand personne ne dit autre chose."
    ),
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
    "Delete everything that Encore keeps of you": "Supprime tout ce qu'Encore garde de vous",
    "This server's defaults": "Les réglages de ce serveur",
    "Show this server's defaults": "Montre les réglages de ce serveur",
    "Set the default temperature": "Règle la température",
    "Set the default length of the new music": "Règle la durée de la nouvelle musique",
    "Set the default number of takes": "Règle le nombre de versions",
    "Set the default instrument": "Règle l'instrument",
    "Forget this server's defaults": "Oublie les réglages de ce serveur",
    "A MIDI, ABC, MusicXML or kern file; without one, a form opens to paste ABC": (
        "Un fichier MIDI, ABC, MusicXML ou kern ; sinon, un formulaire s'ouvre pour coller de l'ABC"
    ),
    "The whole piece, or the new part alone": "Tout le morceau, ou seulement la suite",
    "the whole": "tout",
    "only the new part": "seulement la suite",
    "0.1 plays safe, 0.9 is usual, 2 surprises everybody": "0.1 est sage, 0.9 habituel, 2 surprend tout le monde",
    "Length of the new music, 5 to 180": "Durée de la nouvelle musique en secondes, 5 à 180",
    "How many different answers, 1 to 4": "Combien de réponses différentes, 1 à 4",
    "What plays the new part": "Ce qui joue la suite",
    "Whose manner to play in": "Dans quelle manière jouer",
    "The seed of a take, to have it again": "La graine d'une version, pour la ravoir",
    "Such as D minor": "Par exemple D minor (ré mineur)",
    "Such as 6/8": "Par exemple 6/8",
    "Quarter notes a minute, 20 to 400": "Noires par minute, 20 à 400",
    "Play on from ABC": "Continuer de l'ABC",
    "Your tune in ABC": "Votre air en ABC",
}
