"""Dutch. Lists are in the singular unless they are called a plural."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries, lines, spun

WORDS: Mapping[str, tuple[str, ...]] = {
    "country": entries("""
        frankrijk, peru, canada, noorwegen, brazilië, egypte, mexico, kenia, ijsland, vietnam, zweden, griekenland
        chili, india, schotland, hongarije, polen, cuba, ierland, portugal, japan, oostenrijk, denemarken, suriname
    """),
    "city": entries("""
        tokio, madrid, antwerpen, lissabon, groningen, rome, wenen, dublin, caïro, maastricht, istanbul, praag
        rotterdam, gent, new york, stockholm, barcelona, parijs, utrecht, eindhoven, athene, londen, brugge, zwolle
    """),
    "town": entries("""
        antwerpen, groningen, maastricht, rotterdam, gent, utrecht, eindhoven, brugge, zwolle, leiden, breda, hasselt
        arnhem, tilburg, leeuwarden, mechelen, den bosch, amersfoort, gouda, venlo
    """),
    "famous": entries("""
        einstein, mozart, rembrandt, willem van oranje, napoleon, cleopatra, picasso, beethoven, michael jackson
        marie curie, vincent van gogh, shakespeare, johan cruijff, astrid lindgren, multatuli, elvis presley
        toon hermans, columbus, leonardo da vinci, spinoza, rubens, charlie chaplin, christiaan huygens
        koningin wilhelmina
    """),
    "person": entries("""
        mijn zus, de leraar, je baas, de dokter, zijn neef, die zangeres, onze buurman, de burgemeester, mijn tante
        de loodgieter, haar beste vriendin, de trainer, mijn huisbaas, de ober, hun zoon, de piloot, mijn advocaat
        je moeder, de nieuwe collega, mijn opa, de tandarts, oma, thomas, mevrouw jansen, zijn broer, de juf
    """),
    "thing": entries("""
        de piano, de telefoon, het internet, de fiets, de beurs, de microscoop, de stoommachine, de thermometer
        de roltrap, de typemachine, het vliegtuig, de kabelbaan, de verrekijker, de onderzeeër, de bioscoop
        de batterij, de naaimachine, de fax, de koekoeksklok, de achtbaan, de elektrische auto, de saxofoon, de radar
        de windmolen, de boekdrukkunst
    """),
    "stuff": entries("""
        goud, zilver, porselein, katoen, koffie, honing, zout, zeep, staal, koper, cacao, chocolade, leer, zijde, glas
        wol, papier, beton, peper, benzine, cement, rubber, plastic, vanille, saffraan
    """),
    "food": entries("""
        lasagne, kippensoep, aardappelsalade, appeltaart, sushi, risotto, stamppot, kwarktaart, erwtensoep, roerei
        boerenkool, pizza, hutspot, nasi, zuurvlees, hachee, rijstepap, groentecurry, stoofvlees, witlofschotel
        tomatensoep, zuurkool
    """),
    "feeling": entries("""
        moe, zo blij, hartstikke druk, een beetje bezorgd, alweer te laat, heel trots, boos, nog niet klaar, verliefd
        in de war, te oud daarvoor, half in slaap, onderweg, enorm opgewonden, teleurgesteld, ziek, verrast, opgelucht
        zenuwachtig, blut, chagrijnig, verkouden
    """),
    "past": entries("""
        gisteren, vorige week, vorige maand, vanmorgen, eergisteren, twee dagen geleden, vorig jaar, gisteravond
        laatst, een week geleden, afgelopen dinsdag, vorige zomer, drie jaar geleden, onlangs, afgelopen weekend
        een paar uur geleden, met pasen, afgelopen vrijdag
    """),
    "future": entries("""
        morgen, volgende week, vrijdag, volgende maand, van de zomer, vanavond, maandag, in juni, dit weekend
        na het eten, volgend jaar, voor kerst, aanstaande dinsdag, overmorgen, over twee weken, morgenochtend
        vanmiddag, met koningsdag, de dertigste
    """),
    "account": entries("""
        creditcard, energierekening, aansprakelijkheidsverzekering, telefoonrekening, huur, abonnement, gasrekening
        hypotheek, zorgverzekering, levensverzekering, lidmaatschap, waterrekening, autoverzekering, doktersrekening
        wegenbelasting, inboedelverzekering, sportschool, reisverzekering
    """),
    "number": entries("""
        12, veertien, 250, negentien, 7, driehonderd, 48, zesenzestig, 1000, negentig, 33, elf, 5, tachtig, 20
        honderdvijftig, 64, zeventien, 9, tweeduizend
    """),
    "few": entries("twee, drie, vier, vijf, zes, acht, tien, 2, 3, 4, 6, 8, 10, twaalf"),
    "language": entries("""
        spaans, frans, engels, italiaans, duits, koreaans, arabisch, grieks, russisch, swahili, latijn, pools, turks
        zweeds, hongaars, deens, fries
    """),
    "work": entries("""
        het verslag, de spreekbeurt, het huiswerk, het opstel, de toespraak, de presentatie, de brief, de factuur
        de scriptie, de sollicitatiebrief, de roman, het gedicht, het contract, de notulen, de aanvraag
        de uitnodiging, het werkstuk, het cv, de offerte, het krantenartikel
    """),
    "animal": entries("""
        een olifant, een kat, een paard, een haai, een adelaar, een kikker, een hamster, een koe, een papegaai
        een wolf, een slang, een bij, een goudvis, een tijger, een eekhoorn, een eend, een geit, een pinguïn
        een schildpad, een kameel, een uil, een dolfijn
    """),
    "animals": entries("""
        egels, katten, paarden, haaien, kraanvogels, kikkers, hamsters, koeien, papegaaien, wolven, slangen, bijen
        goudvissen, tijgers, eekhoorns, eenden, geiten, pinguïns, schildpadden, kamelen, uilen, vleermuizen, cavia's
    """),
    # All with "de".
    "job": entries("""
        huisarts, leraar, advocaat, loodgieter, bakker, kapper, tandarts, timmerman, metselaar, rechter, kok
        boswachter, hovenier, dakdekker, boekhouder, notaris, makelaar, acteur, conciërge, vertaler, slager
        elektricien, opticien, dierenarts, kleermaker, schoorsteenveger
    """),
    "sport": entries("""
        tennis, golf, basketbal, ijshockey, handbal, volleybal, badminton, tafeltennis, rugby, cricket, voetbal
        midgetgolf, darts, biljart, waterpolo, squash, honkbal, korfbal, hockey
    """),
    # With "mijn" or "je".
    "body": entries("""
        knie, rug, schouder, buik, linkeroog, keel, oor, nek, grote teen, pols, elleboog, hoofd, neus, enkel, kin
        heup, duim, hiel, kaak, rechterbeen
    """),
    "trait": entries("""
        slim, rijk, beroemd, vreemd, saai, gevaarlijk, populair, eerlijk, onbeleefd, grappig, dapper, eenzaam, wreed
        egoïstisch, lui, brutaal, nieuwsgierig, gierig, ijdel, verlegen, koppig, aardig, arrogant, gul, jaloers
        streng, onzeker, bescheiden, eigenwijs, sportief
    """),
    # Of one piece: "te roken", "met roken".
    "doing": entries("""
        roken, zwemmen, ruziën, dromen, sparen, reizen, schrijven, dansen, liegen, zingen, leren, tekenen, wandelen
        joggen, vasten, mediteren, vissen, klimmen, breien, gamen, piekeren, klagen, roddelen, bakken
    """),
    "goods": entries("""
        schoenen, een laptop, een winterjas, een koptelefoon, een trouwjurk, een fietshelm, een rugzak, een tent
        een camera, luiers, een ring, een matras, postzegels, winterbanden, concertkaartjes, een zonnebril, een koffer
        een kinderwagen, wandelschoenen, een tweedehands auto, een slaapzak, regenlaarzen, een trampoline
        een bakfiets
    """),
    "plural": entries("""
        schoenen, oordopjes, handschoenen, gymschoenen, oorbellen, laarzen, pantoffels, boeken, schaatsen, lenzen
        concertkaartjes, stiften, sokken, ansichtkaarten, regenlaarzen, ski's, zwemspullen, visitekaartjes
        wandelschoenen
    """),
}
"""Word list -> its entries."""

_IT = "(het|hem|die|ze|dat|deze|dat ding|die daar|de andere|dit)"

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": lines("""
        wat is de hoofdstad van {country}
        hoeveel mensen wonen er in {country}
        hoeveel inwoners heeft {city}
        hoe ver is het naar {city}
        hoe ver ligt {city} van {city}
        welke taal spreken ze in {country}
        met welk geld betaal je in {country}
        welke landen grenzen aan {country}
        zit {country} in de europese unie
        heb ik voor {country} een vaccinatie nodig
        is {country} de moeite waard
        wat moet je in {city} gezien hebben
        hoeveel uur tijdverschil is er met {country}
        wie is nu president van {country}
        vertel me iets over {country}
        noem drie feiten over {country}
        waar staat {city} om bekend
        aan welke rivier ligt {city}
        wie heeft {thing} uitgevonden
        hoe werkt {thing}
        sinds wanneer bestaat {thing}
        kun je me uitleggen hoe {thing} werkt
        waarom is {stuff} zo duur
        waar komt {stuff} eigenlijk vandaan
        hoe wordt {stuff} gemaakt
        wat kost een kilo {stuff}
        is {stuff} giftig
        hoe maak je {food}
        hoeveel calorieën zitten er in {food}
        hoe lang duurt het om {food} te maken
        welke wijn past bij {food}
        is {food} veganistisch
        wat gaat er allemaal in {food}
        kun je {food} invriezen
        wanneer is {famous} geboren
        waar komt {famous} vandaan
        hoeveel kinderen had {famous}
        waarom is {famous} zo beroemd
        met wie was {famous} getrouwd
        wat weet je over {famous}
        hoe oud is {person} eigenlijk
        wat vind je van {person}
        hoeveel is {number} keer {number}
        wat is {number} plus {number}
        hoeveel is {number} procent van {number}
        wat is {number} gedeeld door {number}
        is {number} een priemgetal
        wat is de wortel van {number}
        hoeveel nullen heeft een miljard
        hoe zeg je goedenavond in het {language}
        wat is vlinder in het {language}
        spreek je {language}
        hoe lang doe je erover om {language} te leren
        wat eet {animal}
        hoe oud wordt {animal}
        hoeveel tanden heeft {animal}
        is {animal} sneller dan {animal}
        waarom slapen {animals} zo veel
        waar leven {animals} in de winter
        kunnen {animals} kleuren zien
        hoe word je {job}
        wat verdient een {job}
        wat doet een {job} de hele dag
        hoe lang duurt de opleiding tot {job}
        wat zijn de regels van {sport}
        hoeveel spelers heeft een team bij {sport}
        wie is de beste ter wereld in {sport}
        is {doing} gezond
        hoe krijg ik {person} zover om te stoppen met {doing}
        waarom is {doing} zo populair
        waarom doet mijn {body} pijn
        wat helpt als je {body} pijn doet
        wat is het tegenovergestelde van {trait}
        is er een ander woord voor {trait}
        waarom zijn sommige mensen zo {trait}
        hoe krijg je een rodewijnvlek uit een overhemd
        hoe strik je een stropdas
        wie heeft er gewonnen ajax of feyenoord
        hoe heet je eigenlijk
        ben je een mens of een machine
        hoe oud ben je
        heb je broers of zussen
        geloof je in god
        kunt u mij vertellen hoe je onmiddellijk schrijft
        is het nou de of het matras
        wat is de zin van het leven
        hoeveel planeten zijn er
        hoe hoog is de mont blanc
        wanneer was de watersnoodramp
        wat was er eerst de kip of het ei
    """),
    "talk": lines("""
        ik ben {feeling}
        waarom ben je {feeling}
        sorry ik ben {feeling}
        ben jij ook {feeling}
        {person} was gisteren ook {feeling}
        volgens mij is {person} {feeling}
        {person} zegt dat we moeten wachten
        {person} komt {future} langs
        {future} gaan we naar {person}
        heb je {past} met {person} gepraat
        ik heb het {past} aan {person} verteld
        ik kwam {person} {past} tegen in de stad
        wat zei {person} daarvan
        het kan me niks schelen wat {person} denkt
        raad eens wie ik {past} gezien heb
        we moeten het even over {person} hebben
        heb je {person} al gefeliciteerd
        ik ben helemaal vergeten {person} te bellen
        zonder {person} ga ik niet
        we waren {past} in {city}
        {future} gaan we naar {city}
        ben je weleens in {country} geweest
        mijn nicht is {past} naar {city} verhuisd
        en hoe was het in {city}
        ik blijf liever hier dan dat ik naar {city} ga
        ik ben dol op {food}
        zullen we {future} {food} eten
        wie heeft die {number} euro uitgegeven
        wil je nog {food} of zit je vol
        het ruikt hier naar {food}
        bij {person} krijgen we altijd {food}
        wat eten we vandaag
        ik moet {work} {future} inleveren
        heb je {work} al af
        waar heb je {work} neergelegd
        {person} heeft {work} nog steeds niet gelezen
        wat ben jij {trait} vandaag
        {person} is mij veel te {trait}
        vroeger was je niet zo {trait}
        hij is {trait} maar hij bedoelt het goed
        doe niet zo {trait}
        als kind wilde ik {job} worden
        mijn oom was {job} in {city}
        heeft de {job} al teruggebeld
        ik moet {future} naar de {job}
        de {job} heeft {future} geen tijd
        hou nou eens op met {doing}
        ik heb geen zin om te {doing}
        ik ben nooit goed geweest in {doing}
        van al dat {doing} krijg je hoofdpijn
        we hebben alweer verloren met {sport}
        ga je {future} naar {sport}
        ik heb zo'n last van mijn {body}
        ik kan mijn {plural} niet vinden
        zijn dat jouw {plural}
        wat vind je van mijn nieuwe {plural}
        ik heb van {person} {goods} gekregen
        ik wil {goods} voor mijn verjaardag
        onze kinderen zijn gek op {animals}
        in de dierentuin hebben we {animals} gezien
        ik heb nog precies {number} euro
        ik krijg nog {number} euro van {person}
        ik ben gezakt voor {language}
        zo bedoelde ik het niet
        luister je eigenlijk wel naar me
        hoe was je dag schat
        geef me het zout eens aan
        niet aankomen dat is heet
        eet je bord leeg
        jij bent aan de beurt om af te wassen
        ga je tanden poetsen
        heb jij mijn bril gezien
        waarom dan niet
        dat meen je niet
        gefeliciteerd met je verjaardag
        beterschap en doe {person} de groeten
        gecondoleerd met het verlies van uw vader
        aangenaam kennis te maken
        wilt u nog een kopje koffie
        gaat u zitten
        tja dat weet ik ook niet
        kom eens hier en help me even
        doe nou je schoenen aan we moeten weg
        was dat de postbode of {person}
        mama zegt dat jullie moeten delen
        hou op met ruziemaken jullie twee
        wat gezellig dat {person} er {future} ook bij is
    """),
    "television": lines("""
        en dan nu het nieuws uit {city}
        we schakelen over naar onze verslaggever in {city}
        de minister reageerde {past} op de kritiek
        onderzoekers uit {city} weten nu waarom {animals} het niet koud krijgen
        bel nu en krijg {number} procent korting
        en hij scoort het staat {few} nul
        onze volgende gast is {job} en komt uit {city}
        blijf kijken na de reclame gaan we verder
        de prijzen in {country} zijn met {number} procent gestegen
        u heeft het recht om te zwijgen
        ik heb nooit van je gehouden en {person} weet het
        de politie in {town} zoekt getuigen
        wat voorafging
        mijn huis uit riep {person}
        {person} was op de avond van de moord in {city}
        lees voor gebruik de bijsluiter
        miljoenen kijkers zagen {past} de finale
        de verdachte is gevlucht naar {country}
        de winnaar krijgt {number} duizend euro
        de aandelen zijn {past} weer gedaald
        wat een doelpunt wat een wedstrijd
        voor {number} punten wie schilderde dit doek
        we onderbreken deze uitzending voor een extra journaal
        hij is {past} voor het laatst gezien in {city}
        de {job} ontkent alles
        in de bossen van {country} leven weer lynxen
        deskundigen waarschuwen dat {doing} verslavend kan zijn
        alleen deze week alle {plural} voor de halve prijs
        dames en heren geef een groot applaus voor een {job} uit {city}
        de rechter doet {future} uitspraak
        duizenden mensen demonstreerden in {city} tegen de bezuinigingen
        de storm bereikt {future} het noorden van {country}
        het lichaam werd gevonden in een sloot bij {town}
        er was eens een {job} die drie zonen had
        {country} wint in de kwartfinale van {country}
        de rente gaat {future} omhoog
        een {job} uit {city} heeft de loterij gewonnen
        ik ben je vader niet ik ben je {job}
        breng op smaak met peper en serveer met {food}
        geld lenen kost geld
        het peloton rijdt nu richting {town}
        de kamer stemt {future} over het voorstel
        nieuw nu ook {food} zoals oma het maakte
        er staat {few} kilometer file bij {town}
    """),
    "skill": lines("""
        boek een vlucht naar {city}
        zoek een hotel in {city}
        wanneer gaat de volgende trein naar {town}
        wat kost een kaartje naar {town}
        van welk spoor vertrekt de trein naar {town}
        heeft mijn vlucht naar {city} vertraging
        bestel een taxi naar het station
        huur {future} een auto in {city}
        waar kan ik in {town} parkeren
        zijn er goede restaurants in {city}
        reserveer een tafel voor {few} personen
        annuleer mijn reservering in {city}
        laat me {goods} zien onder de {number} euro
        bestel {goods} voor {person}
        wanneer komen mijn {plural} aan
        zijn mijn {plural} al verzonden
        ik wil de {plural} terugsturen die ik {past} besteld heb
        waar blijft mijn pakketje
        wat is mijn saldo
        maak {number} euro over naar {person}
        hoeveel heb ik {past} uitgegeven
        wanneer moet ik mijn {account} betalen
        hoeveel betaal ik per maand voor mijn {account}
        ik heb een vraag over mijn {account}
        betaal mijn {account}
        waarom is mijn {account} zo duur
        ik wil mijn krant opzeggen
        blokkeer mijn pinpas
        wat is de rente op een lening van {number} duizend euro
        reken {number} dollar om naar euro
        reken {number} mijl om naar kilometers
        schrijf een mail aan {person}
        app {person} dat ik {feeling} ben
        bel {person}
        bel de {job} op
        lees het laatste bericht van {person} voor
        stuur die mail door naar {person}
        wie heeft mij {past} gebeld
        wat staat er {future} in mijn agenda
        plan {future} een overleg met {person}
        verzet de afspraak met {person}
        heb ik {future} afspraken
        maak een afspraak met de {job}
        hoe laat gaat de apotheek in {town} dicht
        zoek een goede {job} in {town}
        zijn er vacatures voor een {job} in {town}
        lees {work} voor
        print {work} twee keer uit
        vat {work} kort samen
        controleer {work} op spelfouten
        stuur {work} naar {person}
        vertaal {work} naar het engels
        wat is dankjewel in het {language}
        hoe spreek je {trait} uit in het {language}
        leer me een beetje {language}
        begin mijn les {language}
        geef me een recept voor {food}
        wat kan ik koken met rijst en eieren
        laat {food} bezorgen
        vertel een mop over {animals}
        vertel me een raadsel
        wat voor geluid maakt {animal}
        stel me een quizvraag over {country}
        kop of munt
        gooi een dobbelsteen
        wie heeft er {past} gewonnen met {sport}
        wat heeft psv afgelopen weekend gedaan
        wanneer speelt oranje tegen {country}
        wie staat er {few} punten voor in de eredivisie
        hoe staat de aex
        verkoop al mijn aandelen
        wat is de goudprijs
        hoeveel stappen heb ik gisteren gezet
        wat zegt mijn horoscoop
        noem een getal onder de {number}
        maak een sterk wachtwoord
        hoe heet dit liedje
        wat draait er {future} in de bioscoop
        raad me een boek aan over {country}
        zoek {famous} op in de encyclopedie
        maak een foto van {person}
        deel mijn locatie met {person}
        praat eens wat langzamer
        hoe zuinig rijdt mijn auto
        waar is het dichtstbijzijnde tankstation
        kunt u mij doorverbinden met een medewerker
        ik wil graag informatie over mijn {account}
        wat is het wifi wachtwoord van het hotel
    """),
    # In the words of a home, of something else.
    "near": lines("""
        sla bij de kerk linksaf
        doe je mond eens open en zeg a
        doe je ogen dicht en denk aan {city}
        doe je jas dicht
        doe je laarzen uit en geef me je jas
        doe normaal
        doe {person} de groeten
        doe alsof je {feeling} bent
        doe een wens en blaas de kaarsjes uit
        zet hem op jongens jullie kunnen het
        laat je {plural} niet op de trap liggen
        zet je naam onder {work}
        zet {number} euro in op rood
        {person} heeft me voor schut gezet
        open je boek op bladzijde {number}
        open je hart voor {person}
        {person} opent {future} een restaurant in {city}
        is het museum in {city} {future} open
        is de bakker {future} open
        sluit je ogen en tel tot {number}
        sluit achteraan in de rij
        {person} heeft zichzelf {past} buitengesloten
        per slot van rekening is {person} {trait}
        het slot van die film begreep {person} niet
        het licht aan het einde van de tunnel
        toen ging er bij {person} een lichtje branden
        hoe snel is het licht
        hoeveel kilometer is een lichtjaar
        {person} kreeg groen licht voor de reis naar {country}
        bij rood moet je stoppen
        het stoplicht stond nog op groen
        een lichte lunch met {food}
        dek de tafel voor {few} man
        draai je eens om
        draai er niet omheen en vertel het {person}
        speel met je zusje
        speel niet met je eten
        speel je {future} mee met {sport}
        wie speelt de {job} in die film
        speel niet de vermoorde onschuld
        hou je mond
        praat eens zachter {person} slaapt
        hoe hard kan {animal} bijten
        loop eens wat harder we komen te laat
        zo stil als een muis
        in de pauze stond het {few} {few}
        ga zo door je doet het geweldig
        wie is er nu aan de beurt
        de volgende afslag is {town}
        volgende keer kiest {person}
        hoe heet is de zon
        wat is de temperatuur op de zon
        bij hoeveel graden smelt goud
        volgens mij heb ik verhoging
        hoe koud wordt het 's winters in {country}
        is het in {country} warmer dan in {country}
        hoe warm moet {food} vanbinnen zijn
        {person} is intussen wel weer afgekoeld
        het werd een verhit gesprek met {person}
        hoe laat is het nu in {country}
        op welke dag is {famous} geboren
        welke datum staat er op {work}
        te voet was het {few} uur
        over {few} minuten is {person} bij je
        het weer in {country} was {past} heerlijk
        doe nog wat zout bij de soep
        voeg {person} toe aan mijn vrienden
        tel {number} en {number} bij elkaar op
        {person} staat niet op de gastenlijst
        geef me een lijst van alle koningen van {country}
        ik ben een groot fan van {famous}
        de fans uit {city} zongen {past} uit volle borst
        zuig niet op je duim
        dat artikel over {person} deed veel stof opwaaien
        de deur naar succes heet {doing}
        op de open dag in {city} was {person} er ook
        kerst staat voor de deur
        {person} gooit het geld over de balk
        waar werkt {person}
        is {person} nog steeds {trait}
        is {person} echt {job}
        hoeveel mensen werken er in {city}
        laat {person} je {plural} zien
        laat me foto's zien van {city}
        ik wil in {city} een nieuw leven beginnen
        ga naar huis {person} wacht op je
        mijn thuis is {country}
        wie kon de omroep op het station van {town} verstaan
        wie speelt er {future} uit en wie thuis
        het is uit tussen mij en {person}
        in en uit ademen niet vergeten
        steek je hand op als je {feeling} bent
        verhoog de inzet met {number} euro
        verlaag je niet tot het niveau van {person}
        zet die {job} achter slot en grendel
        de stroom in {country} komt uit waterkracht
        tegen de stroom in zwemmen is zwaar
        kies een kleur en ga {few} plaatsen vooruit
        de scène met de {job} was het grappigst
    """),
    # Of what nobody can know: a device remembers no sentence.
    "pointing": spun(
        """
        (doe|zet|schakel) IT (aan|uit)
        doe IT (maar uit|alsjeblieft aan|weer uit|ook aan|weer aan)
        (kun|wil) je IT (uitdoen|aanzetten|uitzetten|openen|sluiten|dichtdoen)
        (open|sluit|vergrendel|ontgrendel) IT
        (open|sluit) IT (alsjeblieft|maar|weer|een beetje)
        doe IT (open|dicht|op slot|omhoog|omlaag)
        zet IT op {number} (procent|graden)
        (zet|stel) IT op {number}
        dim IT (een beetje|alsjeblieft)
        dim IT tot {number} procent
        (maak|zet) IT (feller|blauw|rood|hoger|lager)
        (activeer|deactiveer|dim) IT
        doe hetzelfde met IT
        en IT ook
        laat IT (aan|uit|open|dicht)
        (staat|is) IT (aan|uit|open)
    """.replace("IT", _IT)
    ),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""
