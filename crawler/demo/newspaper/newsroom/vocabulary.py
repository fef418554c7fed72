"""The newspaper's vocabulary: ordinary German words, from which nonsense is made.

Every list holds forms that fit one place of a sentence, so that no grammar is needed to fill it: plurals
that end in ``n`` are the same in all cases, compounds take the gender of their last part, always feminine
here. People, parties and events are invented; towns are real, as nouns of the language are.
"""

# First parts of compounds, with the letter that joins them.
FRONT = (
    "Abwasser", "Altbau", "Bahnhofs", "Batterie", "Brücken", "Bürger", "Dachbegrünungs", "Datenschutz",
    "Deichbau", "Einwohnermelde", "Ernährungs", "Fahrradstraßen", "Feuerwehr", "Flussauen",
    "Gebäudeenergie", "Getreide", "Glasfaser", "Grundschul", "Grundwasser", "Güterverkehrs", "Hafen",
    "Heizkosten", "Hitzeschutz", "Hochschul", "Kita", "Kleingarten", "Kohleausstiegs", "Krankenhaus",
    "Kreislauf", "Küstenschutz", "Landesentwicklungs", "Lieferketten", "Mehrweg", "Mietpreis", "Moor",
    "Müllgebühren", "Nachtzug", "Nahverkehrs", "Öffentlichkeits", "Pflege", "Rückbau", "Rundfunk",
    "Saatgut", "Schöffen", "Seenot", "Sparkassen", "Straßenbahn", "Straßenreinigungs", "Streuobst", "Tarif",
    "Tierheim", "Übergangs", "Umweltverträglichkeits", "Vergesellschaftungs", "Volkshochschul",
    "Wahlrechts", "Wärmepumpen", "Weltraum", "Windpark", "Wohngeld", "Zeitungs", "Zuckerrüben",
)  # fmt: skip

MIDDLE = (
    "beschleunigungs", "bemessungs", "entlastungs", "förderungs", "sicherungs", "übertragungs", "grundsatz",
)  # fmt: skip

# Last parts: all feminine, so articles need no thought.
BACK = (
    "abgabe", "aufsicht", "behörde", "beratung", "beschränkung", "debatte", "finanzierung", "förderung",
    "genossenschaft", "kommission", "konferenz", "lücke", "novelle", "offensive", "pauschale", "planung",
    "prüfung", "quote", "reform", "richtlinie", "strategie", "überwachung", "vereinbarung", "verordnung",
    "versammlung", "verwaltung", "wende", "zulage",
)  # fmt: skip

# Groups of people, plural: nominative, accusative and dative alike.
PEOPLE = (
    "Aktivist:innen", "Anwält:innen", "Anwohner:innen", "Ärzt:innen", "Beobachter:innen", "Bewohner:innen",
    "Bürger:innen", "Bürgermeister:innen", "Demonstrant:innen", "Erzieher:innen", "Expert:innen",
    "Forscher:innen", "Gärtner:innen", "Gewerkschafter:innen", "Historiker:innen", "Journalist:innen",
    "Kritiker:innen", "Künstler:innen", "Landwirt:innen", "Lehrer:innen", "Mieter:innen", "Minister:innen",
    "Musiker:innen", "Ökonom:innen", "Pendler:innen", "Pfleger:innen", "Politiker:innen", "Radfahrer:innen",
    "Richter:innen", "Schüler:innen", "Sozialarbeiter:innen", "Steuerzahler:innen", "Student:innen",
    "Unterstützer:innen", "Verbraucherschützer:innen", "Wissenschaftler:innen", "Zuschauer:innen",
)  # fmt: skip

BODIES = (
    "Behörden", "Belegschaften", "Fraktionen", "Gemeinden", "Genossenschaften", "Gewerkschaften",
    "Hebammen", "Initiativen", "Kommunen", "Krankenkassen", "Parteien", "Stiftungen",
    "Umweltorganisationen", "Universitäten", "Verbraucherzentralen", "Werften", "Zeitungen",
)  # fmt: skip

FIRST_NAMES = (
    "Adele", "Ayşe", "Bärbel", "Björn", "Cäcilie", "Carlo", "Dörte", "Edda", "Emre", "Fiete", "Frauke",
    "Gülsen", "Hannes", "Ilse", "Ingo", "Jörg", "Jürgen", "Karla", "Käthe", "Lasse", "Leyla", "Liv", "Loïc",
    "Maike", "Małgorzata", "Mirko", "Nuri", "Ömer", "Önder", "Pia", "Quentin", "Ragnhild", "Rüdiger",
    "Sigrid", "Sören", "Svenja", "Thore", "Ulrike", "Uwe", "Veit", "Wiebke", "Yasemin", "Zoë",
)  # fmt: skip

LAST_NAMES = (
    "Ackerbaum", "Birkenfeld", "Brösel", "Dächsel", "Dornbusch", "Ehrlichmann", "Fährmann", "Flößner",
    "Gänsler", "Großkopf", "Grünspan", "Habersack", "Hölzenbein", "Immergrün", "Jägerstein", "Kälberer",
    "Kieselgrund", "Krähenwinkel", "Kümmerle", "Lärchner", "Löwenzahn", "Mühlenbrock", "Müßiggang",
    "Nachtweih", "Nüßlein", "Oelkrug", "Öchsle", "Pfefferkorn", "Pflüger-Strauß", "Quittenbaum", "Rebhuhn",
    "Röhricht", "Sauerbier", "Schäfchen", "Schönwetter", "Silberdistel", "Süßmilch", "Tannhöfer", "Tüftler",
    "Überacker", "Uhlenbusch", "Vogelsang", "Wässerig", "Wüstefeld", "Yıldızhan", "Ziegenrücker", "Zwölfer",
)  # fmt: skip

TOWNS = (
    "Aachen", "Basel", "Berlin", "Bozen", "Bremen", "Brüssel", "Cottbus", "Dünkirchen", "Düsseldorf",
    "Eisenhüttenstadt", "Flensburg", "Fürth", "Gießen", "Görlitz", "Göttingen", "Greifswald", "Hamburg",
    "Hannover", "Jena", "Kairo", "Kassel", "Kiel", "Köln", "Königs Wusterhausen", "Leipzig", "Linz",
    "Lübeck", "Lüneburg", "Marseille", "Meißen", "Münster", "Neuss", "Nürnberg", "Osnabrück", "Posen",
    "Prag", "Regensburg", "Rostock", "Saarbrücken", "Straßburg", "Tübingen", "Tunis", "Uelzen", "Vilnius",
    "Weißenfels", "Wien", "Würzburg", "Zürich",
)  # fmt: skip

# Verbs that take a clause with "dass", third person plural.
SAY_VERBS = (
    "befürchten", "begrüßen", "berichten", "bestätigen", "betonen", "bezweifeln", "erklären", "ergänzen",
    "erwarten", "fordern", "glauben", "hoffen", "kritisieren", "meinen", "räumen ein",
    "schließen nicht aus", "schätzen", "vermuten", "versprechen", "wissen längst", "wünschen sich",
)  # fmt: skip

SAID_VERBS = (
    "sagte", "erklärte", "betonte", "ergänzte", "fügte hinzu", "meinte", "räumte ein", "rief", "fragte",
    "seufzte", "entgegnete", "berichtete", "schätzte", "wünschte sich",
)  # fmt: skip

# Ends of a clause after a plural or singular feminine subject.
DASS_CLAUSES = (
    "am Ende niemand dafür bezahlen will", "das Geld schon im Frühjahr ausgeht",
    "der Bund sich endlich bewegt", "die Fristen noch einmal verlängert werden",
    "die Löhne nicht Schritt halten", "es vor Ort an Personal fehlt", "genau das Gegenteil eintritt",
    "im Zweifel die Gerichte entscheiden", "Straßen und Plätze frei bleiben", "niemand zurückgelassen wird",
    "noch vor der Sommerpause abgestimmt wird", "sich daran so bald nichts ändert",
    "die Übergangsfrist viel zu kurz ist", "vieles beim Alten bleibt", "zuerst die Brücken saniert werden",
    "der nächste Winter ebenso mild ausfällt", "die Zahlen so nicht stimmen können",
    "es bald eine Lösung gibt", "ausgerechnet die Kleinsten leer ausgehen",
    "die Mehrheit längst gekippt ist", "Wasser knapp wird", "der Beschluss wieder aufgehoben wird",
    "die Prüfung Jahre dauert", "man einander besser zuhört",
)  # fmt: skip

TIMES_OF_DAY = (
    "am Montag", "am Dienstagabend", "am Mittwoch", "am frühen Donnerstagmorgen", "am Freitag",
    "am Wochenende", "seit Jahren", "seit der Jahrtausendwende", "zuletzt", "im vergangenen Jahr",
    "in der Nacht zu Samstag", "vor drei Wochen", "kurz vor Redaktionsschluss", "spätestens im Herbst",
    "gegen 14.30 Uhr", "bis Anfang März", "heute", "über Ostern", "zwischen den Jahren",
)  # fmt: skip

ADJECTIVES = (
    "ärgerlich", "ausgewogen", "bemerkenswert", "beschlussfähig", "einleuchtend", "fraglich", "gefährlich",
    "gewöhnungsbedürftig", "größer als gedacht", "heikel", "kleiner als befürchtet", "lückenhaft", "mutig",
    "nötig", "öffentlich", "schwierig", "süß-säuerlich", "teuer", "überfällig", "überraschend",
    "umstritten", "unübersichtlich", "unverhältnismäßig", "verständlich", "vorläufig", "zögerlich",
    "zukunftsfähig",
)  # fmt: skip

THINGS = (
    "Äpfel", "Akten", "Baustellen", "Bäume", "Bücher", "Bühnen", "Dächer", "Fahrräder", "Fähren", "Felder",
    "Flöße", "Gärten", "Geräusche", "Gerüchte", "Häuser", "Hörsäle", "Kabel", "Kühe", "Mühlen", "Plätze",
    "Radwege", "Schiffe", "Schlösser", "Straßen", "Stühle", "Süßwaren", "Tische", "Türme", "Umwege",
    "Wälder", "Zäune", "Züge",
)  # fmt: skip

DOING = (
    "abzubauen", "anzuhören", "aufzuräumen", "auszubauen", "beizubehalten", "einzuführen", "fortzusetzen",
    "herauszufinden", "nachzurechnen", "offenzulegen", "rückgängig zu machen", "umzuwidmen",
    "vorzubereiten", "zu begrüßen", "zu bepflanzen", "zu schließen", "zu vergrößern", "zurückzufordern",
    "zusammenzuführen",
)  # fmt: skip

SHORT = (
    "z. B.", "d. h.", "u. a.", "etwa", "zum Beispiel", "genauer gesagt", "mit anderen Worten",
    "vgl. § 7 Abs. 2",
)  # fmt: skip

QUOTATIONS = (
    "Das ist doch kein Zustand", "Es geht um mehr als Geld", "Wir bleiben, bis es hell wird",
    "So etwas habe ich noch nie gesehen", "Ohne uns läuft hier nichts", "Man muss auch gönnen können",
    "Übermorgen ist auch noch ein Tag", "Das Wasser steht uns bis zum Hals",
    "Fragen Sie lieber meine Mutter", "Größe ist nicht alles", "Wer nichts weiß, muss zuhören",
    "Am Ende zählt die Stimme jeder Einzelnen", "Jetzt erst recht", "Das wäre ein schöner Anfang",
    "Niemand hat uns gefragt", "Rechnen kann hier jeder",
)  # fmt: skip

VERSE = (
    "Der Abend geht zu Fuß nach Haus", "und zieht im Flur die Schuhe aus",
    "Am Fenster steht ein alter Krug", "vom Wasser hat er längst genug",
    "Die Straße schläft, der Bäcker wacht", "er knetet leise durch die Nacht",
    "Ein Fahrrad lehnt am Gartenzaun", "und träumt vom Berg, es glaubt es kaum",
    "Im Regen steht die Kuh allein", "sie möchte gern ein Walross sein", "Wer früh genug die Zeitung liest",
    "der weiß, warum der Regen fließt", "Die Möwe lacht, der Fischer nicht",
    "er hat heut nur ein Leibgericht", "Und süß und sauer, groß und klein",
    "so wird es wohl auch morgen sein",
)  # fmt: skip

PAPER_SECTIONS = (
    "Politik", "Ausland", "Wirtschaft", "Öko", "Gesellschaft", "Bildung", "Kultur", "Medien", "Sport",
    "Reise", "Berlin", "Nord",
)  # fmt: skip

# Topics the paper always has; further ones come and go with the news (see plan.py).
TOPIC_NAMES = (
    "Arbeitskampf", "Bahn", "Bürgerbeteiligung", "Energiewende", "Ernährung", "Europäische Union",
    "Feuilleton", "Fußball", "Gesundheit", "Kinder- und Jugendarbeit", "Klima", "Kolumne Über den Zaun",
    "Küste", "Landwirtschaft", "Literatur", "Mieten", "Öffentlicher Dienst", "Pressefreiheit",
    "Schwerpunkt Hitze", "Schwerpunkt Straße", "Theater", "Universität", "Wasser", "Zukunft",
)  # fmt: skip
