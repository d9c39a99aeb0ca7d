"""Names of commands and of files: in English as the code has them → in German and in French."""

NAMES = {
    # what is typed; Discord wants small letters
    "extend": ("weiterspielen", "continuer"),
    "compose": ("komponieren", "composer"),
    "queue": ("warteschlange", "file"),
    "settings": ("einstellungen", "réglages"),
    "show": ("zeigen", "voir"),
    "reset": ("zurücksetzen", "réinitialiser"),
    "about": ("über", "à-propos"),
    "forget": ("vergessen", "oublier"),
    "tune": ("melodie", "air"),
    "part": ("teil", "partie"),
    "style": ("stil", "style"),
    "key": ("tonart", "tonalité"),
    "tempo": ("tempo", "tempo"),
    "meter": ("taktart", "mesure"),
    "seed": ("seed", "graine"),
    "value": ("wert", "valeur"),
    # what is posted
    "the MP3": ("das MP3", "le MP3"),
    "the picture": ("das Bild", "l'image"),
    "the MIDI": ("das MIDI", "le MIDI"),
    "the ABC": ("das ABC", "l'ABC"),
    "the MusicXML": ("das MusicXML", "le MusicXML"),
    "{} of take {}": ("{} von Version {}", "{} de la version {}"),
    "Discord takes {} files a message; “Sheet music” shows every take.": (
        "Discord nimmt {} Dateien je Nachricht; „Noten“ zeigt alle Versionen.",
        "Discord accepte {} fichiers par message ; « Partition » montre toutes les versions.",
    ),
}
