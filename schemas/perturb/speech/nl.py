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
        """),
        openers=entries("""
            hé, hey, hoi, hallo, oké, goed, nou, zeg, luister eens, eh, uh, ja, ach, oh, zo, sorry, pardon, dus, nu
            goedenavond, goedemiddag, dag, mensen, jongens, schat, vraagje, even een vraagje, nog iets, trouwens
            o ja, ah ja, nou ja, hé daar, weet je wat, alsjeblieft, alvast bedankt, computer, kom, tja, hm
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
