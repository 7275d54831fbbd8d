"""Dutch."""

from __future__ import annotations

from schemas.perturb.word_list import entries, spun
from schemas.perturb.wordings import Speech, Wordings

SPEECH = Speech(
    train=Wordings(
        fillers=entries("""
            eh, uh, ehm, uhm, mm, hm, nou, nou ja, dus, zeg maar, gewoon, even, eventjes, effe, eens, hè, ja, ach, oh
            zo, zeg, tja, eigenlijk, misschien, weet je, weet je wel, hoe heet het, hoe zeg je dat, hoe noem je dat
            laten we zeggen, even denken, even kijken, oké, goed, eerlijk gezegd, als het ware, nu, alsjeblieft, graag
            hoor, denk ik, geloof ik, soort van
            maar, toch, maar even, eens even, toch even, eh ja, eh dus, je weet wel, efkes, ne keer, allez, wacht even
            toch eens, alstublieft, dinges, goh, even denken hoor, bij wijze van spreken
        """),
        openers=entries("""
            hé, hey, hoi, hallo, oké, goed, nou, zeg, luister eens, eh, uh, ja, ach, oh, zo, sorry, pardon, dus, nu
            goedenavond, goedemiddag, dag, mensen, jongens, schat, vraagje, even een vraagje, nog iets, trouwens
            o ja, ah ja, nou ja, hé daar, weet je wat, alsjeblieft, alvast bedankt, computer, kom, tja, hm
            luister, zeg luister eens, hé hallo, hé luister, zeg hé, joh, hé joh, hé jij, hé jij daar, hallo daar
            goeienavond, goeiedag, goededag, goeiemiddag, dag allemaal, hallo allemaal, hallokes, ey, hé kerel
            hé vriend, hé maat, hé gast, hé makker, gast, bro, man, jongen, hé schat, hoi schat, hoi lieverd
            dag zoetje, goedemorgen lief huis, moet je horen, moet je eens horen, hoor eens hier, luistert u even
            luistert u eens, zegt u eens, zeg eens, zeg vertel eens, kijk, kijk eens, allez, allez kom, awel, awel zeg
            allez luister, amai, wel, nou luister, oké luister, vooruit, vooruit dan maar, zo dan, ja hallo, ja zeg
            excuseer, excuseer mij, excuseert u mij, neem me niet kwalijk, neemt u mij niet kwalijk
            sorry dat ik je stoor, mag ik je even storen, mag ik u even storen, mag ik iets vragen
            mag ik je wat vragen, mag ik u iets vragen, ik heb een vraagje, zeg ik heb een vraagje
            ik heb even een vraagje, ik wou je wat vragen, ik wilde je iets vragen, ik zou u iets willen vragen
            ik heb je hulp nodig, ik heb je even nodig, ik heb hulp nodig, kun je me even helpen
            kan je me eens helpen, kunt u mij even helpen, help me eens even, heb je even, heb je even tijd
            hebt u een ogenblik, ben je daar, ben je er, ben je wakker, hoor je me, hoort u mij, kun je me horen
            luister je, is daar iemand, ik ben het, ik ben het weer, daar ben ik weer, ik weer, ik ben thuis
            ik ben weer thuis, ik ben net thuis, ik kom net thuis, eindelijk thuis, hè hè eindelijk thuis
            we zijn thuis, we zijn er weer, hoe gaat het, hoe is het, hoe gaat het met je, alles goed
            alles goed met jou, lekker geslapen, o ja trouwens, à propos, nu ik eraan denk, ik bedenk me net iets
            ik zat te denken, het is dringend, ik heb haast, pff, hè hè, tjonge, tjonge wat een dag, wat een dag
            het was een lange dag, ik ben kapot, ik ben doodmoe, ik heb mijn handen vol, ik heb de baby op de arm
            ik zit net zo lekker, we krijgen bezoek, de kinderen slapen al
        """)
        + spun("""
            (hé|hey|oké|nou|zeg|hallo|hoi|oh) (computer|huis|assistent|lieverd|vriend|maatje)
            (oké|goed|nou) (dan|dus|beste vriend|lieve schat)
            (sorry|excuses|pardon) (dat ik stoor|dat ik het vraag|voor het storen|voor de moeite)
            (goedenavond|goedemiddag|goedendag|dag) (computer|allemaal|samen|huis|lieverd)
            (voor|voordat) (ik het vergeet|ik vertrek|we gaan eten|de gasten komen|ik ga slapen|we gaan)
            als (je kunt|je kan|het kan|je tijd hebt|je wilt|je zover bent|je zo lief wilt zijn)
            als (u kunt|u wilt|u tijd hebt|u zo vriendelijk wilt zijn|het mag|het u schikt|het lukt)
            (momentje|moment|een ogenblik|ogenblikje) (graag|alsjeblieft|hoor|computer)
            (mijn|jij) (beste|lieve|slimme|goede|trouwe) (vriend|computer|hulp|assistent)
            (ik ben|we zijn) (net wakker|zo moe|gehaast|klaar met eten|druk bezig|er klaar voor)
            (ik moet|we moeten) (gaan|slapen|werken|koken|eten|vertrekken)
            (weet je wat|trouwens|overigens|o ja|even tussendoor) (zeg|vriend|computer)
            (hoor|luister|zeg) (eens even|even|eens vriend)
        """),
        asks=entries("""
            alsjeblieft, alstublieft, graag, even, eventjes, snel even, gauw even, vlug, hup, hop, kom, komaan, kom nou
            allez, nu, nu even, nu graag, nu alsjeblieft, meteen, haast je en, maak haast en, maak vlug en, ik smeek je
            ik vraag het je, ik vraag het u, ik zeg je, ik zei, ik had gezegd, ik zou zeggen, help me en, help even en
            wees een schat en, mag ik je iets vragen, mag ik u iets vragen, ik heb een verzoekje, klein verzoekje
            ik heb je hulp nodig, wees zo lief en, wees zo goed en, wees zo vriendelijk en, doe me een plezier en
            toe, doe mij een plezier en, doe me een plezier, doe me een lol, wees eens aardig en, wees zo aardig en
            wees lief en, alsjeblieft wees zo lief en, doe me alsjeblieft een plezier en, doe me eens een lol en
            doe me even een lol en, doe me toch een plezier en, doe me een groot plezier en, doet u mij een plezier en
            toe nou, ach toe, toe wees eens lief en, toe doe me een lol en, ah toe, kom op, kom wees eens lief en
            allez toe, allez kom, allez wees ne keer lief en, allez vooruit, vooruit, vooruit alsjeblieft
            help me even alsjeblieft en, help eens even en, help eens mee en, help mij ne keer en
            help me een handje en, help me uit de brand en, kun je me even helpen en, kun je me helpen en
            kan je me eens helpen en, kunt u mij even helpen, zou je me kunnen helpen, zou je me kunnen helpen en
            zou je me even willen helpen, zou je me even willen helpen en, zou je zo lief willen zijn en
            zou je zo vriendelijk willen zijn en, zou je zo goed willen zijn en, zou je me een plezier willen doen
            zou je me een plezier willen doen en, wil je me even helpen en, wil je me een plezier doen en
            wil je zo lief zijn en, wil je zo vriendelijk zijn en, wilt u zo vriendelijk zijn en
            kun je me een plezier doen en, kun je iets voor me doen, mag ik je om een gunst vragen, mag ik je vragen
            mag ik u verzoeken, ik wil je iets vragen, ik zou je iets willen vragen, ik heb een verzoek
            ik heb een klein verzoek, ik heb je even nodig, ik wil graag dat je het volgende doet
            ik wil dat je het volgende doet, ik zou graag willen dat je dit doet, ik wou dat je het volgende deed
            doe het volgende, doe alsjeblieft het volgende, doe dit, doe eens iets voor mij, doe iets voor me en
            doe iets voor mij en, doe wat ik zeg en, doe het voor mij, als je zo lief wilt zijn
            als je het niet erg vindt, als je wil, als je even wil, als u zo vriendelijk wilt zijn
            wees een lieverd en, wees een kanjer en, wees een held en, wees een brave en, wees braaf en
            wees een vriend en, wees eens een goede vriend en, maak je nuttig en, maak je eens nuttig en
            maak me blij en, maak me gelukkig en, laat zien wat je kan en, laat eens zien wat je kunt en, schiet op en
            luister en, luister goed en, ik heb een klusje voor je
        """)
        + spun("""
            wees (eens zo|alsjeblieft zo|even zo|nu zo) (lief|goed|vriendelijk|aardig) en
            doe (mij|ons|me) (een lol|een gunst|het genoegen|dat plezier|even een plezier) en
            help (me|ons|mij) (even|eens|eventjes|snel|alsjeblieft) en
            (kom|hup|komaan|allez) (jij|vriend|alsjeblieft|snel|vlug)
            (kun|kan|wil) je me (helpen|even helpen|een plezier doen|een dienst bewijzen)
            wees (eens|nu|even) (braaf|lief|vlot|behulpzaam|flink) en
            (ik vraag|we vragen) (je|u) (vriendelijk|beleefd|nadrukkelijk|heel lief)
        """),
        gerund_asks=(),
        closers=entries("""
            alsjeblieft, alstublieft, aub, graag, dank je, dank je wel, dank u, dank u wel, bedankt, alvast bedankt
            hartelijk dank, heel erg bedankt, vriendelijk bedankt, merci, thanks, nu, nu meteen, nu graag, meteen, snel
            vlug, oké, ja, ja graag, hè, hoor, zeg, jongen, man, schat, lieverd, vriend, maatje, computer, voor mij
            voor ons, voor iedereen, voor mijn vrouw, als het kan, wil je, kun je dat, zou je, lukt dat, begrepen
            gehoord, hoor je me, dat is alles, dat was het, heel fijn, super, top, perfect, prima, en vlug wat, denk ik
            geloof ik, weet je, doei, fijne dag, de kinderen slapen, ik heb haast, we gaan eten
            zeg ik, heb ik gezegd, had ik gevraagd, wees zo lief, wees zo goed, eh, uh, ik smeek je
            dankjewel, graag even, bedankt hè, dankjewel hè, dankjewel alvast, ontzettend bedankt, oké bedankt
            ja bedankt, dank je hartelijk, veel dank, merci zulle, merci hè schat, dank u hè, dank u alvast
            bedankt maat, bedankt man, dankjewel schat, dankjewel lieverd, alsjeblieft zeg, alsjeblieft hè
            alsjeblieft schat, ja alsjeblieft, heel graag, graag hoor, als je wil, als je kan
            als je het niet erg vindt, als u het niet erg vindt, als het je niet uitmaakt, als het geen moeite is
            als het niet te veel moeite is, als je zo vriendelijk wilt zijn, als 't u belieft, als ik vragen mag
            als ik zo vrij mag zijn, wees eens lief, wees zo vriendelijk, doe me een lol, doe me een plezier
            doe het voor mij, voor mij alsjeblieft, wil je dat doen voor mij, kan dat, kan dat even, zou dat kunnen
            zou dat lukken, gaat dat lukken, lukt dat denk je, is dat goed, is goed, joh, jong, gast, bro, maat
            schatje, zoetje, liefje, meid, mijn beste, beste vriend, snap je, snappie, duidelijk, zulle, hé, allez
            toe nou, ah toe, kom op, komaan, hup, vooruit nou, schiet op, schiet eens op, opschieten, haast je
            haast je maar, haast u, rap, maar rap, ik heb nogal haast, ik heb echt haast, we hebben haast
            er is haast bij, het is dringend, het is nogal dringend, de tijd dringt, ik ben laat
            ik ben aan de late kant, ik kom te laat, anders kom ik te laat, anders mis ik de bus
            anders mis ik mijn trein, ik moet weg, ik moet ervandoor, we moeten weg, ik ben al bijna weg
            ik ga ervandoor, we zijn weg, ik moet naar mijn werk, de kinderen moeten naar school
            de hond moet nog wandelen, voor ik het vergeet, voordat ik het vergeet, voor ik het weer vergeet
            anders vergeet ik het, anders vergeet ik het weer, ik vergeet het altijd, bijna vergeten
            ik was het bijna vergeten, ik bedenk het me net, nu ik eraan denk, ik zie niets, ik zie geen steek
            ik zie geen hand voor ogen, ge ziet niks, ik zie zo slecht, dan zie ik beter, dan kan ik lezen
            ik wil wat lezen, ik zit te lezen, ik zit te werken, ik moet me concentreren, ik probeer te werken
            ik moet studeren, dan kan ik rustig werken, ik heb rust nodig, ik wil even rustig zitten, ik wil uitrusten
            dan heb ik rust, de baby slaapt, de kleine slaapt, de kinderen slapen al, mijn man slaapt
            mijn vrouw slaapt al, anders wordt de baby wakker, ik heb de baby op de arm, ik heb mijn handen vol
            ik heb natte handen, ik zit net zo lekker, ik lig net zo lekker, ik ben te lui om te lopen
            ik heb geen zin om te lopen, ik kan er niet bij, ik ben zo moe, ik ben doodmoe, ik ben gesloopt
            ik heb een lange dag gehad, ik heb slaap, ik heb zo'n hoofdpijn, ik heb koppijn, ik heb last van mijn rug
            ik heb last van mijn ogen, ik ben ziek, ik voel me niet lekker, we krijgen bezoek, we hebben bezoek
            de gasten komen eraan, de visite komt eraan, mijn schoonmoeder komt, mijn moeder is er
            de buren gaan klagen, we zitten te eten, het eten is klaar, ik ben aan het koken, ik ben bezig
            ik zoek mijn bril, ik zoek mijn sleutels, de hond is bang, het stoort me, ik word er gek van
            ik erger me eraan, het werkt op mijn zenuwen, dat is gezelliger, dat is wel zo gezellig
            dan is het gezelliger, dat is fijner, dat vind ik prettiger, dat zit lekkerder, zo heb ik het graag
            dat heb ik liever, dat zou fijn zijn, dat zou lief zijn, dat zou geweldig zijn, dat zou mooi zijn
            dat zou ik fijn vinden, dat zou me enorm helpen, daar help je me mee, daar zou ik blij mee zijn
            dat is lief van je, dat is vriendelijk van u, je bent een engel, je bent een topper, ge zijt een schat
            wat zou ik zonder jou moeten, ik reken op je, ik vertrouw op je, ik hou van je, je weet wel hoe
            je kent me, het is belangrijk, ik heb het nodig, dat moet even, en klaar, in godsnaam, in hemelsnaam
            verdorie
        """)
        + spun("""
            (bedankt|dank je wel|hartelijk dank|merci) (computer|schat|vriend|lieverd|namens ons|voor de moeite)
            dat zou (fijn|lief|super|geweldig|aardig|mooi) zijn (van je|van u|voor mij|hoor)
            als je (wilt|kunt|tijd hebt|zover bent|zo lief wilt zijn|zo goed wilt zijn|me hoort|een momentje hebt)
            als u (wilt|kunt|tijd hebt|zover bent|zo vriendelijk wilt zijn|me hoort|een momentje hebt|zo goed wilt zijn)
            als het (mag|lukt|schikt|mogelijk is|je past|u schikt|je lukt)
            zo (snel|goed|vlot|netjes|voorzichtig) (mogelijk|als je kunt|als het kan|als altijd)
            (ik ben|we zijn) (moe|bekaf|hongerig|blij met je|gehaast|er klaar voor|druk bezig|je dankbaar|doodop)
            (ik moet|we moeten) (gaan|slapen|werken|vertrekken|rennen|koken|leren|eten|bellen)
            (mijn|jij) (beste|lieve|trouwe|slimme|goede) (vriend|schat|assistent|computer|hulp)
            je bent (geweldig|de beste|een schat|een held|fantastisch|mijn redding|goud waard|een kanjer|top)
            zodat (ik|hij|mama|iedereen) kan (slapen|lezen|eten|werken|rusten|koken)
            (de baby|de kleine|de hond|mijn vrouw|mijn man|oma) (slaapt|is wakker|is moe|heeft honger|komt)
            (het bezoek|de familie|de visite|de baas) (is er|komt|staat klaar|belt)
            en (snel|vlug|rap|vlot) (graag|alsjeblieft|hoor|jij)
            zoals (altijd|gewoonlijk|gisteren|afgesproken|elke dag|besproken|gevraagd) (hè|hoor|graag|alsjeblieft)
            (fijne|prettige|gezellige) (dag|avond) (nog|gewenst|allemaal|computer)
            (heb je|hebt u) (me gehoord|dat gehoord|het begrepen|me begrepen)
            (mijn|onze) (ogen|handen|voeten) (zijn moe|doen pijn|zijn nat|zijn vies)
            daar (ben ik blij mee|word ik blij van|maak je me blij mee|doe je me een plezier mee)
        """),
        conjunctions=("en", "en dan"),
        marks=(".", "?", ",", ":", "-"),
    ),
    held_out=Wordings(
        fillers=("ahum", "hmm", "enfin", "feitelijk", "laat eens kijken", "om zo te zeggen", "zogezegd"),
        openers=("goedemorgen", "goeiemorgen", "gegroet", "ahum", "welnu", "vergeef me", "yo", "welaan"),
        asks=entries("""
            wees een engel en, heb de goedheid en, heb medelijden en, ik verzoek u, spoed je en, mag ik zo vrij zijn
            doe eens gezellig en
        """),
        gerund_asks=(),
        closers=entries("""
            indien mogelijk, mijn dank is groot, met dank, zo spoedig mogelijk, bij voorbaat dank, als het u belieft
            gauw, ouwe reus, ik waardeer het, je wordt bedankt, met spoed
        """),
        conjunctions=("en", "en bovendien"),
        marks=("!", "...", ";"),
    ),
    gerunds={},
    function_words=frozenset(
        entries("""
            de, het, een, mijn, jouw, je, ons, onze, dit, dat, deze, die, er, is, zijn, wordt, ik, me, mij, wil, kun
            kan, even, alsjeblieft, voor, bij, graag
        """)
    ),
    before_numbers=frozenset({"voor"}),
    question_words=frozenset(
        entries("""
            wat, hoe, hoeveel, hoelang, wie, wiens, waar, waarmee, waarvoor, waarheen, waarom, wanneer, welk, welke, is
            zijn, was, waren, ben, bent, staat, staan, zit, zitten, ligt, liggen, hangt, brandt, branden, draait, speelt
            regent, schijnt, word, wordt, worden, heeft, heb, hebt, hebben, gaat, gaan, kan, kun, kunt, kunnen, kon, zou
            zouden, zal, zullen, mag, mogen, moet, moeten, wil, wilt, willen, ik, je, jij, u, we, wij, hij, ze, zij, er
        """)
    ),
)
