"""German. Articles are nominative unless a list's name (`_acc`, `_dat`) or the note above it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries, lines, spun

WORDS: Mapping[str, tuple[str, ...]] = {
    # Without articles: "in", "nach", "aus" and "von" go with all of them.
    "country": entries("""
        frankreich, peru, kanada, norwegen, brasilien, ägypten, mexiko, kenia, island, vietnam, schweden, griechenland
        chile, indien, schottland, ungarn, polen, kuba, irland, portugal, japan, österreich, dänemark, neuseeland
    """),
    "city": entries("""
        tokio, madrid, hamburg, lissabon, leipzig, rom, wien, dublin, kairo, münchen, istanbul, prag, köln, dresden
        new york, stockholm, barcelona, zürich, bremen, rostock, athen, budapest, paderborn, freiburg, salzburg
    """),
    "town": entries("""
        hamburg, leipzig, münchen, köln, dresden, bremen, rostock, paderborn, freiburg, salzburg, kassel, ulm, trier
        mainz, bonn, zürich, graz, görlitz, würzburg, stuttgart
    """),
    "famous": entries("""
        einstein, mozart, goethe, konrad adenauer, napoleon, kleopatra, picasso, beethoven, michael jackson
        marie curie, martin luther, shakespeare, romy schneider, astrid lindgren, franz kafka, elvis presley, loriot
        bismarck, leonardo da vinci, max planck, kolumbus, clara schumann, johannes kepler, karl may
    """),
    "person": entries("""
        meine schwester, der lehrer, dein chef, die ärztin, sein cousin, diese sängerin, unser nachbar, meine tante
        der bürgermeister, der klempner, ihre beste freundin, der trainer, mein vermieter, der kellner, ihr sohn
        die pilotin, mein anwalt, deine mutter, der neue kollege, mein opa, die zahnärztin, oma, thomas
        frau schneider, sein bruder, die chefin
    """),
    "person_acc": entries("""
        meine schwester, den lehrer, deinen chef, die ärztin, seinen cousin, diese sängerin, unseren nachbarn
        meine tante, den bürgermeister, den klempner, ihre beste freundin, den trainer, meinen vermieter, den kellner
        ihren sohn, die pilotin, meinen anwalt, deine mutter, den neuen kollegen, meinen opa, die zahnärztin, oma
        thomas, frau schneider, seinen bruder, die chefin
    """),
    "person_dat": entries("""
        meiner schwester, dem lehrer, deinem chef, der ärztin, seinem cousin, dieser sängerin, unserem nachbarn
        meiner tante, dem bürgermeister, dem klempner, ihrer besten freundin, dem trainer, meinem vermieter
        dem kellner, ihrem sohn, der pilotin, meinem anwalt, deiner mutter, dem neuen kollegen, meinem opa
        der zahnärztin, oma, thomas, frau schneider, seinem bruder, der chefin
    """),
    # Nominative and accusative alike.
    "thing": entries("""
        das klavier, das telefon, das internet, das fahrrad, die börse, das mikroskop, die dampfmaschine
        das thermometer, die rolltreppe, die schreibmaschine, das flugzeug, die seilbahn, das fernrohr, das u-boot
        das kino, die batterie, die nähmaschine, das faxgerät, die kuckucksuhr, die achterbahn, das elektroauto
        das saxophon, das radar, die windmühle, das papiergeld
    """),
    "stuff": entries("""
        gold, silber, porzellan, baumwolle, kaffee, honig, salz, seife, stahl, kupfer, kakao, schokolade, leder, seide
        glas, wolle, papier, beton, pfeffer, benzin, zement, gummi, plastik, vanille, safran
    """),
    "food": entries("""
        lasagne, hühnersuppe, kartoffelsalat, apfelkuchen, sushi, risotto, gulasch, käsekuchen, erbsensuppe, rührei
        sauerbraten, pizza, nudelauflauf, kaiserschmarrn, grünkohl, schnitzel, kartoffelpüree, gemüsecurry, milchreis
        linseneintopf, zwiebelkuchen, spargelsuppe
    """),
    "feeling": entries("""
        müde, so glücklich, hungrig, ziemlich sicher, ein bisschen besorgt, wieder zu spät, sehr stolz, sauer, nervös
        noch nicht fertig, verliebt, verwirrt, zu alt dafür, halb eingeschlafen, unterwegs, total aufgeregt
        enttäuscht, krank, überrascht, erleichtert, pleite, schlecht gelaunt
    """),
    "past": entries("""
        gestern, letzte woche, letzten monat, heute morgen, vorgestern, vor zwei tagen, letztes jahr, gestern abend
        neulich, vor einer woche, letzten dienstag, letzten sommer, vor drei jahren, vor kurzem, am letzten wochenende
        vor ein paar stunden, an ostern, letzten freitag
    """),
    "future": entries("""
        morgen, nächste woche, am freitag, nächsten monat, im sommer, heute abend, am montag, im juni, am wochenende
        nach dem essen, nächstes jahr, vor weihnachten, nächsten dienstag, übermorgen, in zwei wochen, morgen früh
        am nachmittag, zu ostern, am dreißigsten
    """),
    # All feminine: "meine", "meiner".
    "account": entries("""
        kreditkarte, stromrechnung, haftpflichtversicherung, telefonrechnung, miete, monatskarte, krankenversicherung
        lebensversicherung, handyrechnung, mitgliedschaft, wasserrechnung, kfz-versicherung, bahncard, gasrechnung
        hausratversicherung, rechtsschutzversicherung, arztrechnung, kirchensteuer
    """),
    "number": entries("""
        12, vierzehn, 250, neunzehn, 7, dreihundert, 48, sechsundsechzig, 1000, neunzig, 33, elf, 5, achtzig, 20
        hundertfünfzig, 64, siebzehn, 9, zweitausend
    """),
    "few": entries("zwei, drei, vier, fünf, sechs, acht, zehn, 2, 3, 4, 6, 8, 10, zwölf"),
    "language": entries("""
        spanisch, französisch, englisch, italienisch, niederländisch, koreanisch, arabisch, griechisch, russisch
        suaheli, latein, polnisch, türkisch, schwedisch, ungarisch, dänisch
    """),
    # Accusative.
    "work": entries("""
        den bericht, das referat, die hausaufgaben, den aufsatz, die rede, die präsentation, den brief, die rechnung
        die bachelorarbeit, die bewerbung, den roman, das gedicht, den vertrag, das protokoll, den antrag
        die einladung, das gutachten, den lebenslauf, das angebot, die kündigung
    """),
    "animal": entries("""
        ein elefant, eine katze, ein pferd, ein hai, ein adler, ein frosch, ein hamster, eine kuh, ein papagei
        ein wolf, eine schlange, eine biene, ein goldfisch, ein tiger, ein eichhörnchen, eine ente, eine ziege
        ein pinguin, eine schildkröte, ein kamel, eine eule, ein delfin
    """),
    "animals": entries("""
        igel, katzen, pferde, haie, kraniche, frösche, hamster, kühe, papageien, wölfe, schlangen, bienen, goldfische
        tiger, eichhörnchen, enten, ziegen, pinguine, schildkröten, kamele, eulen, fledermäuse, meerschweinchen
    """),
    # Masculine, the same in nominative, accusative and dative: "der", "den", "beim".
    "job": entries("""
        arzt, lehrer, anwalt, klempner, bäcker, friseur, zahnarzt, schreiner, maurer, richter, koch, förster, gärtner
        dachdecker, steuerberater, notar, makler, schauspieler, hausmeister, übersetzer, metzger, elektriker, optiker
        tierarzt, schneider, schornsteinfeger
    """),
    "sport": entries("""
        tennis, golf, basketball, eishockey, handball, volleyball, badminton, tischtennis, rugby, cricket, fußball
        minigolf, darts, billard, wasserball, squash, baseball, schach, federball
    """),
    "body": entries("""
        das knie, der rücken, die schulter, der bauch, das linke auge, der hals, das ohr, der nacken, der große zeh
        das handgelenk, der ellenbogen, der kopf, die nase, der knöchel, das kinn, die hüfte, der daumen, die ferse
        der kiefer, das rechte bein
    """),
    "trait": entries("""
        klug, reich, berühmt, seltsam, langweilig, gefährlich, beliebt, ehrlich, unhöflich, lustig, mutig, einsam
        grausam, egoistisch, faul, frech, neugierig, geizig, eitel, schüchtern, stur, nett, arrogant, großzügig
    """),
    # Of one piece: "zu rauchen", "mit dem rauchen".
    "doing": entries("""
        rauchen, schwimmen, streiten, träumen, sparen, reisen, schreiben, tanzen, lügen, singen, lernen, zeichnen
        wandern, joggen, fasten, meditieren, angeln, klettern, stricken, zocken, grübeln, jammern, lästern, backen
    """),
    # Accusative.
    "goods": entries("""
        schuhe, einen laptop, eine winterjacke, kopfhörer, ein brautkleid, einen fahrradhelm, einen rucksack, ein zelt
        eine kamera, windeln, einen ring, eine matratze, briefmarken, winterreifen, konzertkarten, eine sonnenbrille
        einen koffer, einen kinderwagen, wanderstiefel, ein gebrauchtes auto, einen schlafsack, gummistiefel
        ein trampolin, eine bohrmaschine, eine gitarre, reitstiefel
    """),
    "plural": entries("""
        schuhe, kopfhörer, handschuhe, turnschuhe, ohrringe, stiefel, hausschuhe, bücher, schlittschuhe, kontaktlinsen
        konzertkarten, stifte, socken, postkarten, gummistiefel, skier, badesachen, visitenkarten, wanderschuhe
        sandalen, skistiefel, ketten, puppen, medaillen, halstücher
    """),
}
"""Word list -> its entries."""

_IT = "(es|ihn|sie|das|die|den|das da|die da|den da|das ding|das andere|diesen)"

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": lines("""
        was ist die hauptstadt von {country}
        wie viele menschen leben in {country}
        wie viele einwohner hat {city}
        wie weit ist es bis nach {city}
        wie weit ist {city} von {city} entfernt
        welche sprache spricht man in {country}
        mit welchem geld bezahlt man in {country}
        welche länder grenzen an {country}
        ist {country} in der europäischen union
        brauche ich für {country} eine impfung
        lohnt sich eine reise nach {city}
        was muss man in {city} gesehen haben
        wie viele stunden ist {country} uns voraus
        wer ist gerade präsident von {country}
        erzähl mir etwas über {country}
        nenn mir drei fakten über {country}
        was ist das wahrzeichen von {city}
        an welchem fluss liegt {city}
        wer hat {thing} erfunden
        wie funktioniert {thing}
        seit wann gibt es {thing}
        kannst du mir erklären wie {thing} funktioniert
        warum ist {stuff} so teuer
        woher kommt eigentlich {stuff}
        wie wird {stuff} hergestellt
        was kostet ein kilo {stuff}
        ist {stuff} giftig
        wie macht man {food}
        wie viele kalorien hat {food}
        wie lange dauert es bis {food} fertig ist
        welcher wein passt zu {food}
        ist {food} vegan
        was gehört alles in {food} rein
        kann man {food} einfrieren
        wann wurde {famous} geboren
        wo ist {famous} gestorben
        wie alt wurde {famous}
        wofür ist {famous} bekannt
        mit wem war {famous} verheiratet
        was weißt du über {famous}
        wie alt ist eigentlich {person}
        was hältst du von {person_dat}
        wie viel ist {number} mal {number}
        was macht {number} plus {number}
        wie viel sind {number} prozent von {number}
        was ist {number} geteilt durch {number}
        ist {number} eine primzahl
        was ist die wurzel aus {number}
        wie viele nullen hat eine milliarde
        wie sagt man guten abend auf {language}
        was heißt schmetterling auf {language}
        kannst du {language}
        wie lange braucht man um {language} zu lernen
        was frisst {animal}
        wie alt wird {animal}
        wie viele zähne hat {animal}
        ist {animal} schneller als {animal}
        warum schlafen {animals} so viel
        wo leben {animals} im winter
        können {animals} farben sehen
        wie wird man {job}
        was verdient man als {job}
        was macht ein {job} den ganzen tag
        wie lange dauert die ausbildung zum {job}
        wie sind die regeln beim {sport}
        wie viele spieler hat eine mannschaft beim {sport}
        wer ist der beste der welt im {sport}
        ist {doing} gesund
        wie bringe ich {person_acc} dazu mit dem {doing} aufzuhören
        warum ist {doing} so beliebt
        warum tut mir {body} weh
        was hilft wenn {body} weh tut
        was ist das gegenteil von {trait}
        gibt es ein anderes wort für {trait}
        warum sind manche leute so {trait}
        wie wäscht man einen rotweinfleck aus dem hemd
        wie bindet man eine krawatte
        wer hat gestern gewonnen bayern oder dortmund
        wie heißt du eigentlich
        bist du ein mensch oder eine maschine
        wie alt bist du
        hast du geschwister
        glaubst du an gott
        können sie mir sagen wie man rhythmus schreibt
        was ist der sinn des lebens
        wie viele planeten gibt es
        wie hoch ist die zugspitze
        wann ist die berliner mauer gefallen
        was war zuerst da die henne oder das ei
    """),
    "talk": lines("""
        ich bin {feeling}
        warum bist du {feeling}
        entschuldige ich bin {feeling}
        bist du auch {feeling}
        {person} war gestern auch {feeling}
        ich glaube {person} ist {feeling}
        {person} meint wir sollen noch warten
        {person} kommt {future} vorbei
        {future} besuchen wir {person_acc}
        hast du {past} mit {person_dat} gesprochen
        ich habe {person_dat} {past} davon erzählt
        ich habe {person_acc} {past} in der stadt getroffen
        was hat {person} dazu gesagt
        mir doch egal was {person} denkt
        stell dir vor wen ich {past} gesehen habe
        wir müssen mal über {person_acc} reden
        hast du {person_dat} schon zum geburtstag gratuliert
        ich habe total vergessen {person_acc} anzurufen
        ohne {person_acc} fahre ich nicht
        wir waren {past} in {city}
        {future} fahren wir nach {city}
        warst du schon mal in {country}
        meine cousine ist {past} nach {city} gezogen
        und wie war es in {city}
        lieber bleibe ich hier als nach {city} zu fahren
        ich esse am liebsten {food}
        wollen wir {future} {food} essen
        wer hat die {number} euro ausgegeben
        magst du noch {food} oder bist du satt
        es riecht hier nach {food}
        bei {person_dat} gibt es immer {food}
        was gibt es heute zu essen
        ich muss {work} {future} abgeben
        hast du {work} schon fertig
        wo hast du {work} hingelegt
        {person} hat {work} immer noch nicht gelesen
        du bist heute aber {trait}
        {person} ist mir viel zu {trait}
        früher warst du nicht so {trait}
        er ist {trait} aber er meint es gut
        sei doch nicht so {trait}
        als kind wollte ich {job} werden
        mein onkel war {job} in {city}
        hat der {job} schon zurückgerufen
        ich muss {future} zum {job}
        der {job} hat {future} keine zeit
        hör endlich auf zu {doing}
        ich habe keine lust zu {doing}
        ich war noch nie gut im {doing}
        vom vielen {doing} bekommt man kopfschmerzen
        wir haben beim {sport} schon wieder verloren
        gehst du {future} zum {sport}
        mir tut {body} weh
        ich kann meine {plural} nicht finden
        sind das deine {plural}
        wie findest du meine neuen {plural}
        {person} hat mir {goods} geschenkt
        ich wünsche mir {goods} zu weihnachten
        unsere kinder lieben {animals}
        im zoo haben wir {animals} gesehen
        ich habe noch genau {number} euro
        {person} schuldet mir noch {number} euro
        ich bin in {language} durchgefallen
        das habe ich so nicht gemeint
        hörst du mir überhaupt zu
        wie war dein tag schatz
        gib mir bitte mal das salz
        fass das nicht an das ist heiß
        iss deinen teller leer
        du bist dran mit abwaschen
        putz dir bitte die zähne
        hast du meine brille gesehen
        warum denn nicht
        das ist doch wohl nicht dein ernst
        herzlichen glückwunsch zum geburtstag
        gute besserung und grüß {person_acc} von mir
        mein beileid
        schön sie kennenzulernen
        möchten sie noch eine tasse kaffee
        nehmen sie doch bitte platz
        na ja wie man es nimmt
        komm mal her und hilf mir
        jetzt zieh dir endlich die schuhe an wir müssen los
        war das der postbote oder {person}
        mama hat gesagt ihr sollt euch vertragen
        hört auf zu streiten ihr zwei
    """),
    "television": lines("""
        und nun die nachrichten aus {city}
        wir schalten jetzt zu unserer korrespondentin in {city}
        der minister hat sich {past} zu den vorwürfen geäußert
        forscher aus {city} haben herausgefunden warum {animals} nicht frieren
        rufen sie jetzt an und sparen sie {number} prozent
        und er trifft es steht {few} zu null
        unser nächster gast ist {job} und kommt aus {city}
        bleiben sie dran nach der werbung geht es weiter
        die preise in {country} sind um {number} prozent gestiegen
        sie haben das recht zu schweigen
        ich habe dich nie geliebt und {person} weiß es
        die polizei in {town} sucht zeugen
        was bisher geschah
        raus hier schrie {person}
        {person} war in der tatnacht in {city}
        zu risiken und nebenwirkungen fragen sie ihren arzt oder apotheker
        millionen zuschauer haben das finale gesehen
        der täter ist nach {country} geflohen
        der gewinner bekommt {number} tausend euro
        die aktien sind {past} wieder gefallen
        was für ein tor was für ein spiel
        für {number} punkte wer malte dieses bild
        wir unterbrechen unser programm für eine sondersendung
        zuletzt gesehen wurde er {past} in {city}
        der {job} streitet die tat ab
        in den wäldern von {country} leben wieder luchse
        experten warnen {doing} kann süchtig machen
        nur diese woche alle {plural} zum halben preis
        meine damen und herren begrüßen sie mit mir einen {job} aus {city}
        das urteil wird {future} erwartet
        tausende demonstrierten in {city} gegen die rentenreform
        der sturm erreicht {future} den norden von {country}
        die leiche lag am ufer in der nähe von {city}
        es war einmal ein {job} der hatte drei söhne
        {country} schlägt {country} im viertelfinale
        die zinsen steigen {future}
        ein {job} aus {city} hat im lotto gewonnen
        ich bin nicht dein vater ich bin dein {job}
        mit pfeffer abschmecken und zu {food} servieren
        lottozahlen wie immer ohne gewähr
        der tatort kommt {future} aus {town}
        so sieht der tabellenführer nach {few} spieltagen aus
        jetzt neu {food} wie bei muttern
        die abgeordneten stimmen {future} über das gesetz ab
    """),
    "skill": lines("""
        buch mir einen flug nach {city}
        such mir ein hotel in {city}
        wann fährt der nächste zug nach {town}
        was kostet eine fahrkarte nach {town}
        von welchem gleis fährt der zug nach {town}
        hat mein flug nach {city} verspätung
        bestell mir ein taxi zum bahnhof
        miete {future} ein auto in {city}
        wo kann ich in {town} parken
        gibt es gute restaurants in {city}
        reservier einen tisch für {few} personen
        storniere meine reservierung in {city}
        zeig mir {goods} unter {number} euro
        bestell {goods} für {person_acc}
        wann kommen meine {plural} an
        sind meine {plural} schon verschickt worden
        ich möchte die {plural} zurückschicken die ich {past} bestellt habe
        wo ist mein paket
        wie ist mein kontostand
        überweise {person_dat} {number} euro
        wie viel habe ich {past} ausgegeben
        wann muss ich meine {account} bezahlen
        was ist mit meiner {account} passiert
        ich habe eine frage zu meiner {account}
        meine geldbörse ist weg was soll ich tun
        warum ist meine {account} so teuer
        bezahl meine {account}
        ich möchte mein zeitungsabo kündigen
        lass meine ec-karte sperren
        wie hoch ist der zinssatz für einen kredit über {number} tausend euro
        rechne {number} dollar in euro um
        rechne {number} meilen in kilometer um
        schreib {person_dat} eine mail
        schreib {person_dat} dass ich {feeling} bin
        ruf {person_acc} an
        ruf bitte den {job} an
        lies mir die letzte nachricht von {person_dat} vor
        leite die mail an {person_acc} weiter
        wer hat mich {past} angerufen
        was steht {future} in meinem kalender
        trag {future} ein treffen mit {person_dat} ein
        verschieb das gespräch mit {person_dat}
        habe ich {future} termine
        mach einen termin beim {job}
        wie lange hat die apotheke in {town} auf
        finde einen guten {job} in {town}
        gibt es offene stellen als {job} in {town}
        lies mir {work} vor
        druck {work} zweimal aus
        fass {work} kurz zusammen
        prüf {work} auf rechtschreibfehler
        schick {work} an {person_acc}
        übersetz {work} ins englische
        was heißt danke auf {language}
        wie spricht man {trait} auf {language} aus
        bring mir ein bisschen {language} bei
        starte meine lektion in {language}
        zeig mir ein rezept für {food}
        was kann ich mit reis und eiern kochen
        bestell {food} beim lieferdienst
        erzähl mir einen witz über {animals}
        erzähl mir ein rätsel
        was für ein geräusch macht {animal}
        stell mir eine quizfrage zu {country}
        wirf eine münze
        würfle für mich
        wer hat {past} beim {sport} gewonnen
        wie hat der hsv {past} gespielt
        wann spielt deutschland gegen {country}
        wer steht in der bundesliga auf platz {few}
        wie steht der dax
        verkauf alle meine aktien
        was kostet gerade ein barren gold
        wie viele schritte bin ich gestern gelaufen
        was sagt mein horoskop
        nenn mir eine zahl bis {number}
        erzeuge ein sicheres passwort
        wie heißt dieses lied
        was läuft {future} im kino
        empfiehl mir ein buch über {country}
        schlag {famous} im lexikon nach
        mach ein foto von {person_dat}
        teile meinen standort mit {person_dat}
        sprich langsamer bitte
        wie viel sprit verbraucht mein auto
        wo ist die nächste tankstelle
        können sie mich mit einem mitarbeiter verbinden
        ich hätte gern eine auskunft zu meiner {account}
        wie lautet das wlan passwort vom hotel
    """),
    # In the words of a home, of something else.
    "near": lines("""
        bieg an der kirche links ab
        mach den mund auf und sag ah
        mach die augen zu und denk an {city}
        mach deine jacke zu
        mach mir bloß keine szene
        mach nicht so ein gesicht
        mach schluss mit dem {doing}
        mach erst mal {work} fertig
        schalt mal einen gang zurück
        schalt doch mal dein gehirn ein
        schalte eine anzeige für {goods}
        {person} schaltet beim thema {sport} sofort ab
        öffnet eure hefte auf seite {number}
        öffne dein herz für {person_acc}
        {person} eröffnet {future} ein restaurant in {city}
        ist das museum in {city} {future} geöffnet
        hat der bäcker {future} offen
        schließ die augen und zähl bis {number}
        schließ bloß keine wette mit {person_dat} ab
        {person} hat sich {past} ausgesperrt
        wer hat das schloss bei {town} gebaut
        das licht am ende des tunnels
        da ging {person_dat} ein licht auf
        wie schnell ist das licht
        wie viele kilometer hat ein lichtjahr
        {person} hat mich hinters licht geführt
        sie gab uns grünes licht für {country}
        bei rot bleibst du stehen
        die ampel war doch noch grün
        deck bitte den tisch für {few} leute
        stell dich hinten an
        stell {person_dat} keine dummen fragen
        lass deine {plural} nicht auf der treppe liegen
        zieh deine schuhe aus
        dreh dich mal um
        dreh {person_dat} nicht den rücken zu
        spiel mit deiner schwester
        spiel nicht mit dem essen
        spielst du {future} mit uns {sport}
        wer spielt in dem film den {job}
        spiel nicht die beleidigte leberwurst
        halt die klappe
        sprich leiser {person} schläft
        wie laut ist {animal}
        das sind doch lauter lügen
        vor lauter {doing} hat {person} alles vergessen
        pause machen wir erst in {city}
        nach der pause steht es {few} zu {few}
        weiter so du machst das toll
        wer ist als nächstes dran
        die nächste ausfahrt ist {town}
        wie heiß ist die sonne
        wie hoch ist die temperatur der sonne
        bei wie viel grad schmilzt gold
        habe ich erhöhte temperatur
        wie kalt wird es im winter in {country}
        ist es in {country} wärmer als in {country}
        wie warm muss {food} innen sein
        {person} hat sich langsam wieder abgekühlt
        der streit mit {person_dat} hat die stimmung aufgeheizt
        wie spät ist es gerade in {country}
        an welchem tag wurde {famous} geboren
        welches datum stand auf dem brief von {person_dat}
        zu fuß waren es {few} stunden
        {person} ist in {few} minuten bei dir
        das wetter in {country} war {past} herrlich
        gib noch etwas salz an die suppe
        füge {person_acc} zu meinen freunden hinzu
        zähl {number} und {number} zusammen
        {person} steht nicht auf der gästeliste
        nenn mir die liste der kaiser von österreich
        ich bin ein großer fan von {famous}
        die fans aus {city} haben {past} laut gesungen
        saug nicht am daumen
        mäh macht das schaf
        wirbel nicht so viel staub auf
        die tür zum erfolg heißt {doing}
        am tag der offenen tür war {person} auch da
        weihnachten steht vor der tür
        er wirft sein geld zum fenster hinaus
        wo arbeitet {person}
        ist {person} immer noch {trait}
        ist {person} wirklich schon in rente
        wie viele leute arbeiten in {city}
        zeig {person_dat} deine {plural}
        zeig mir bilder von {city}
        ich will in {city} ein neues leben anfangen
        geh nach hause {person} wartet
        meine heimat ist {country}
        wer hat die durchsage am bahnhof von {town} verstanden
        aus und vorbei
        ein und aus atmen nicht vergessen
        auf und ab ging es beim {sport}
        heb die hand wenn du {feeling} bist
        erhöhe den einsatz um {number} euro
        der strom in {country} kommt aus wasserkraft
        gegen den strom schwimmen ist schwer
    """),
    # Of what nobody can know: a device remembers no sentence.
    "pointing": spun(
        """
        (schalte|schalt) IT (aus|ein|an|ab)
        (mach|mache) IT (an|aus|zu|auf)
        (mach|schalte|stell) IT (bitte aus|bitte an|wieder an|wieder aus|auch aus)
        bitte (mach|schalte) IT (an|aus)
        (kannst|könntest) du IT (ausschalten|anmachen|zumachen|aufmachen|öffnen|schließen)
        (öffne|schließe|verriegle|sperre) IT
        (öffne|schließ) IT (bitte|wieder|ein bisschen)
        (stell|stelle|setze) IT auf {number} (prozent|grad)
        (stell|setz|ändere) IT auf {number}
        (dimme|dimm|erhöhe|senke) IT
        (mach|stell) IT (heller|dunkler|höher|niedriger|blau|rot|grün)
        fahr IT (hoch|runter)
        (aktiviere|deaktiviere) IT
        lass IT (an|aus|offen|zu)
        mach dasselbe mit (dem|der|denen|dem da|der da)
        und IT auch
        ist IT (an|aus|offen|zu)
    """.replace("IT", _IT)
    ),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""
