"""German."""

from __future__ import annotations

from schemas.perturb.word_list import entries, spun
from schemas.perturb.wordings import Speech, Wordings

SPEECH = Speech(
    train=Wordings(
        fillers=entries("""
            äh, ähm, öh, hm, also, halt, eben, ja, na ja, mal, bitte, einfach, quasi, irgendwie, sozusagen, tja, gell
            weißt du, wissen sie, sag ich mal, glaube ich, denke ich, ach, oh, nun, so, jetzt, okay, sagen wir, ehm
            wie heißt das, wie sagt man, wie soll ich sagen, eigentlich, vielleicht, tatsächlich, gerade, na
            mal eben, doch, mal bitte, bitte mal, doch mal, mal schnell, mal kurz, äh ja, wie heißt's noch, ich mein
            warte mal, sagen wir mal, du weißt schon, also äh, lass mich überlegen, doch bitte, äh genau, dings
        """),
        openers=entries("""
            hey, hallo, hi, moin, servus, okay, also, so, äh, ähm, hm, ach, ach ja, oh, na, na gut, gut, ja, tja, du
            bitte, jetzt, sag mal, hör mal, schau mal, übrigens, nebenbei, kurze frage, noch was, eine frage, mensch
            leute, entschuldigung, sorry, guten morgen, grüß gott, weißt du was, danke, computer, na dann
            hey du, guten abend, pass auf, pass mal auf, hör zu, hör mir mal zu, hallo du, guten tag, entschuldige
            ja hallo, ach du, grüezi, hallöchen, na du, huhu, ey, he du da, mahlzeit, hallo zusammen, ja also
            also gut, alles klar, okay pass auf, also pass auf, also hör mal, du hör mal, du sag mal
            hallo hörst du mich, hörst du mich, bist du da, bist du wach, hörst du zu, hast du mal einen moment
            hast du gerade zeit, ich bin's, ich bin's wieder, ich bin's nochmal, da bin ich wieder, ich bin wieder da
            so da bin ich, ich bin zu hause, ich bin gerade nach hause gekommen, endlich zu hause, endlich daheim
            wir sind wieder zu hause, hallo haus, guten abend liebes haus, guten morgen liebes haus
            einen schönen guten abend, einen wunderschönen guten morgen, wunderschönen guten tag, hallo mein lieber
            hallo schatz, na mein freund, hey kumpel, hey alter, digga, alter, bro, jo, hey na, na wie geht's
            hallo wie geht's dir, na alles klar bei dir, alles gut bei dir, wie geht's wie steht's
            ich hab da eine frage, du ich hab da eine frage, ich hätte da mal eine frage, ich hab mal eine bitte
            ich hätte da eine bitte, ich bräuchte mal hilfe, ich brauch mal deine hilfe, kannst du mir mal helfen
            kannst du mir einen gefallen tun, ich wollte dich was fragen, darf ich dich was fragen
            darf ich mal stören, ich stör dich ja ungern, entschuldigen sie bitte, entschuldigen sie die störung
            verzeihung, verzeihen sie bitte, hören sie mal, hören sie bitte, sagen sie mal, ich hätte da ein anliegen
            mit verlaub, gestatten sie, ich hab's eilig, es ist dringend, es eilt, mir fällt gerade was ein
            da fällt mir ein, ach ja genau, ach ja bevor ich's vergesse, apropos, mir ist gerade eingefallen
            ich hab gerade überlegt, ich hab mir gedacht, ich dachte gerade, du wirst lachen, mensch du, oh mann, boah
            puh, uff, oje, ach herrje, meine güte, du liebe zeit, gott bin ich müde, ich bin fix und fertig
            war das ein langer tag, was für ein tag, das war vielleicht ein tag, ich hab die hände voll
            ich hab gerade das baby im arm, ich sitz gerade so gemütlich, ich bin gerade zu faul
            ich komm gerade von der arbeit, ich komm gerade vom einkaufen, ich bin etwas im stress
            wir bekommen besuch, oma ist zu besuch, die kinder schlafen schon, ich finde meine brille nirgends
            schön dass du da bist, gut dass du da bist, gut dass ich dich hab, na dann wollen wir mal
            dann wollen wir mal
        """)
        + spun("""
            (hey|hallo|okay|ok|hi|ach|oh|na) (computer|haus|assistent|du|schatz|mein freund)
            (so|also|okay) (jetzt|dann|dann mal|meine liebe|mein guter|leute)
            (entschuldigung|entschuldige|sorry|tut mir leid) dass ich (störe|dich störe|so direkt frage|frage)
            (guten|schönen) (abend|tag|nachmittag) (computer|zusammen|allerseits|mein freund)
            bevor (ich es vergesse|ich's vergesse|wir gehen|ich gehe|die gäste kommen|wir essen|ich schlafen gehe)
            wenn du (kannst|magst|zeit hast|so weit bist|so lieb bist|mich hörst|gerade kannst)
            wenn (sie können|sie zeit haben|sie so freundlich sind|es geht|es dir passt|es ihnen recht ist)
            (einen moment|moment|augenblick) (bitte|mal|computer|mal bitte)
            (mein|du) (liebes|kluges|schlaues|treues|gutes) (haus|helferlein|kästchen|maschinchen)
            (ich bin|wir sind) (gerade gekommen|gerade wach geworden|so müde|spät dran|ganz erledigt|fertig)
            (ich muss|wir müssen) (los|jetzt los|jetzt gehen|schlafen|arbeiten|kochen)
            (sag|hör|schau|guck) (mal bitte|mal du|mal computer|mal schatz)
        """),
        asks=entries("""
            bitte, ach bitte, bitte bitte, bitte mal, bitte jetzt, jetzt bitte, bitte schnell, bitte sofort, jetzt mal
            los, na los, komm, komm schon, ach komm, na komm, mach schon, mach schnell und, beeil dich und, zack zack
            ich bitte dich, ich bitte sie, ich bitte darum, wenn ich bitten darf, darf ich bitten, kleine bitte
            ich hab eine bitte, ich habe eine bitte, ich brauche deine hilfe, ich hab gesagt, ich sagte, ich sag's dir
            schnell, schnell mal, hopp, hopp hopp, jetzt, sofort, tust du mir einen gefallen, sei ein schatz und
            sei so gut und, sei so lieb und, sei so nett und, seien sie so gut und, tu mir den gefallen und
            bitte sei so nett und, bitte tu mir den gefallen und, sei doch mal so gut und, sei so freundlich und
            sei doch bitte so gut und, bitte sei so lieb und, bitte sei so gut und, bitte hilf mir und
            hilf mir doch mal und, könntest du mir helfen und, könntest du so nett sein und
            könntest du so lieb sein und, könntest du mir den gefallen tun und, kannst du mir mal helfen und
            kannst du mir bitte helfen und, kannst du so lieb sein und, kannst du mir einen gefallen tun und
            tust du mir mal einen gefallen, würdest du so nett sein und, würdest du so freundlich sein und
            würdest du mir den gefallen tun und, würdest du mir bitte helfen und, tu mir mal den gefallen und
            tu mir doch bitte den gefallen und, tu mir den kleinen gefallen und, tu mir einen kleinen gefallen und
            tu mir die freude und, tu mal was für mich und, tu was gutes und, mach mir die freude und
            mach mir doch die freude und, mach mir eine freude und, mach dich nützlich und, mach dich mal nützlich und
            sei ein lieber und, sei eine liebe und, sei ein guter freund und, sei mein held und, sei artig und
            sei lieb und, ach sei so lieb und, ach sei doch so gut und, jetzt sei so lieb und, geh bitte
            geh sei so lieb und, geh sei so gut und, ich bitte dich herzlich, ich bitte dich inständig
            wenn du so lieb wärst, wenn du so nett wärst, wenn ich dich bitten darf, darf ich dich bitten
            darf ich dich um was bitten, darf ich dich um einen gefallen bitten, dürfte ich dich um etwas bitten
            ich hätte da eine bitte, ich hätte eine kleine bitte, ich hab da eine bitte an dich
            ich brauch deine hilfe, ich brauch mal deine hilfe, ich bräuchte mal deine hilfe, du musst mir mal helfen
            ich möchte dass du folgendes tust, ich will dass du folgendes machst
            ich hätte gern dass du folgendes machst, mach bitte folgendes, mach mal folgendes, tu bitte folgendes
            du könntest mir helfen und, du könntest mir einen gefallen tun und, ich hab eine aufgabe für dich
            ich hab einen auftrag für dich, ich hab einen job für dich, jetzt komm, jetzt komm schon
            beeil dich bitte und, hör zu und, hör mir zu und, pass auf und, zeig was du kannst und
            zeig mal was du kannst und, hab doch die güte und, hab ein herz und, hab erbarmen und
            hab mitleid mit mir und, geh mir zur hand und, geh mir mal zur hand und, sei mir behilflich und
            steh mir bei und, erweise mir einen dienst und, walte deines amtes und, mach mich glücklich und
            mach mir das leben leichter und
        """)
        + spun("""
            (sei doch|sei bitte|sei mal|seien sie bitte) so (gut|lieb|nett|freundlich) und
            (tu|tun sie) (mir|uns) (bitte den|doch den|diesen|einen) gefallen und
            hilf (mir|uns) (mal|kurz|mal eben|bitte|schnell) und
            (komm|los|na los|na komm) (bitte|jetzt|mein freund|mach schon|schnell)
            (mach|mach mal|mach bitte) (fix|flott|flink) und
            (sei mal|sei bitte|sei schön) (fleißig|brav|lieb|flink) und
            (kannst|könntest|magst) du mir (helfen|einen gefallen tun|kurz helfen|mal eben helfen)
        """),
        gerund_asks=(),
        closers=entries("""
            bitte, danke, bitte danke, danke dir, danke schön, dankeschön, vielen dank, besten dank, herzlichen dank
            danke im voraus, bitte sehr, okay, ok, gell, jetzt, sofort, schnell, bitte schnell, bitte sofort
            jetzt bitte, jetzt sofort, ja, ja bitte, ja danke, mal bitte, wenn's geht, wenn's recht ist
            wenn ich bitten darf, sei so gut, sei so lieb, seien sie so nett, für mich, für uns, für meine frau
            mir zuliebe, merci, wie immer, hab ich gesagt, schatz, meine liebe, mein freund
            mein guter, computer, kumpel, mann, mensch
            und fertig, und tschüss, tschüss, das wär's, das war's, das wär super, das wär lieb, super, klasse, prima
            perfekt, die kinder schlafen, wir wollen essen, verstanden, alles klar, ich bitte dich, ich bitte darum
            da wäre ich dankbar, glaube ich, denke ich, äh, ähm, weißt du, aber flott, aber schnell
            bitte schön, wenn du so nett wärst, bitte sei so gut, sei so nett, wenn es dir nichts ausmacht
            danke vielmals, ich danke dir, ich dank dir schön, danke ganz lieb, lieben dank, vielen lieben dank
            danke dafür, dank dir, dankeschön du, bitte bitte, okay danke, gut danke, super danke, prima danke
            danke du bist die beste, du bist ein engel, du bist echt spitze, du bist der hammer
            du rettest mir den tag, mein schatz, mein lieber, liebling, süße, alter, digga, bro, du, hörst du, klar
            kapiert, geht das bitte, geht das klar, klappt das, kriegst du das hin, schaffst du das
            meinst du das geht, das wär nett, das wär lieb von dir, das wäre sehr nett, das wäre sehr freundlich
            das wär toll, das wär schön, das wär mir eine große hilfe, das wäre hilfreich, das würde mir helfen
            das würde mich freuen, damit würdest du mir sehr helfen, damit hilfst du mir sehr, ich wär dir dankbar
            da wär ich dir dankbar, wenn sie so nett wären, wenn es ihnen nichts ausmacht, wenn ich darum bitten darf
            wenn ich sie bitten dürfte, ich danke ihnen, ich wäre ihnen sehr verbunden, sehr verbunden
            seien sie so gut, haben sie vielen dank, das wäre sehr liebenswürdig, sehr freundlich von ihnen
            hab vielen dank, sei bedankt, vergelt's gott, um himmels willen, um gottes willen, in gottes namen
            tu's für mich, den kindern zuliebe, bevor ich's vergesse, bevor ich es vergesse
            bevor ich's wieder vergesse, sonst vergess ich's, sonst vergess ich das wieder, bevor wir's vergessen
            ich vergess das immer, beeil dich, beeil dich bitte, beeilung, beeilung bitte, beeilen sie sich bitte
            aber zackig, aber dalli, zack zack, dalli dalli, hopp hopp, los, na los, komm schon, komm bitte
            mach schon, jetzt mach schon, wird's bald, na wird's bald, ich hab's eilig, ich hab es sehr eilig
            wir haben's eilig, es eilt, es ist dringend, es ist wirklich dringend, die zeit drängt
            ich muss dringend los, wir müssen los, ich bin schon auf dem sprung, ich muss zur arbeit, ich muss zum bus
            sonst verpass ich den zug, sonst komm ich zu spät, die kinder müssen zur schule, der hund muss raus
            ich seh ja gar nichts, man sieht ja gar nichts, ich seh so schlecht, dann seh ich besser
            damit ich was sehe, ich möchte was lesen, ich will noch arbeiten, ich muss mich konzentrieren
            damit ich in ruhe arbeiten kann, ich will meine ruhe, ich brauch meine ruhe, ich bin total müde
            ich bin hundemüde, ich bin völlig fertig, ich bin total kaputt, ich hatte einen langen tag
            war ein langer tag, das war ein anstrengender tag, ich will mich ausruhen, das baby schläft
            die kleine schläft, mein mann schläft schon, sonst wecken wir das baby, ich hab das baby im arm
            ich hab die hände voll, ich hab dreckige hände, ich sitz gerade so gemütlich, ich lieg gerade so bequem
            ich bin zu faul zum aufstehen, ich komm da schlecht ran, mein rücken tut weh, mein bein tut weh
            ich hab kopfschmerzen, mir brummt der schädel, mir geht's so schlecht, ich bin krank, wir kriegen besuch
            wir haben besuch, ich erwarte besuch, meine schwiegermutter kommt, die gäste sind da
            die nachbarn gucken schon, die nachbarn beschweren sich, das essen ist fertig, ich koche gerade
            ich bin gerade am kochen, ich bin gerade beschäftigt, ich hab gerade zu tun, ich bin's leid
            ich find das gemütlich, dann ist es gemütlicher, dann ist es schöner, dann hab ich's bequemer
            ich hätt's gern gemütlich, so mag ich das, so gefällt's mir, so ist's mir lieber, mir wär das lieber
            ich such meine brille, ich such meinen schlüssel, ich suche was, wir spielen gerade, die katze dreht durch
            der hund hat angst, das nervt mich, das macht mich wahnsinnig, das geht mir auf die nerven, das muss sein
            das ist wichtig, das ist mir wichtig, ich brauch das, fast hätt ich's vergessen, fällt mir gerade ein
            ist mir gerade eingefallen, hab ich ganz vergessen, das hab ich vorhin vergessen, du kennst mich ja
            du machst das schon, du kannst das, ich verlass mich auf dich, ich zähl auf dich, auf dich ist verlass
            was würd ich ohne dich machen, schön dass es dich gibt, ich hab dich lieb, sag ich mal, würd ich sagen
            hätte ich gesagt, denk ich, glaub ich
        """)
        + spun("""
            (danke|vielen dank|herzlichen dank) (mein freund|computer|schatz|euch|für alles|für die hilfe)
            das wäre (nett|lieb|super|toll|schön|sehr freundlich) (von dir|von ihnen|für mich)
            wenn du (magst|willst|kannst|zeit hast|so weit bist|so gut wärst|so lieb wärst|mich hörst|bereit bist)
            wenn sie (mögen|können|so gut wären|einen moment haben|so freundlich wären|mich hören|bereit sind)
            wenn es (geht|dir passt|ihnen passt|möglich ist|dir recht ist|ihnen recht ist)
            so (schnell|gut|sanft|flott|sorgfältig) (wie möglich|du kannst|es geht|wie immer)
            (ich bin|wir sind) (müde|in eile|so weit|hungrig|spät dran|am telefon|beschäftigt|am kochen|am lesen)
            (mein|du) (guter|bester|kluger|treuer) (freund|helfer|kumpel|assistent)
            du bist (super|toll|klasse|lieb|der beste|die beste|mein held|meine rettung|ein schatz)
            damit (ich|mein mann|das kind|die oma) (sehen|lesen|schlafen|essen|arbeiten|kochen) kann
            (das baby|der kleine|die kleine|der hund|meine frau) (schläft|wartet|ist müde|hat hunger|ist wach)
            (der besuch|die familie|der chef|meine mutter) (ist da|kommt|wartet|klingelt)
            (ich muss|wir müssen) (los|jetzt los|gehen|schlafen|arbeiten|lernen|kochen|telefonieren|essen)
            und (zwar|bitte) (sofort|schnell|flott|ganz fix|zügig|mit gefühl|ordentlich)
            wie (sonst|üblich|gewohnt|besprochen|gehabt|jeden tag|gestern) (halt|eben|auch|bitte)
            (schönen|angenehmen) (tag|abend|feierabend) (noch|dir|euch|dann|wünsche ich)
            (hast du|haben sie) (gehört|verstanden|mich gehört|mich verstanden|das verstanden)
            (meine|unsere) (augen|füße|hände) (sind müde|tun weh|sind nass|sind schmutzig)
            da (freue ich mich|freuen wir uns|wäre ich froh|wären wir froh|bin ich dir dankbar)
        """),
        conjunctions=("und", "und dann"),
        marks=(".", "?", ",", ":", "-"),
    ),
    held_out=Wordings(
        fillers=("ähem", "öhm", "hmm", "nun ja", "im grunde", "wie gesagt", "gewissermaßen"),
        openers=("grüß dich", "tach", "ähem", "na schön", "pardon", "holla", "schönen guten morgen", "mal was anderes"),
        asks=entries("""
            sei ein engel und, erbarm dich und, hab die güte und, haben sie die güte und, ich ersuche sie, hurtig
            tu mir die liebe und
        """),
        gerund_asks=(),
        closers=entries("""
            wenn möglich, gefälligst, ich wäre ihnen verbunden, verbindlichsten dank, schleunigst, ruckzuck, und basta
            sei so artig, mein bester, mit bestem dank, überaus freundlich
        """),
        conjunctions=("und", "und außerdem"),
        marks=("!", "...", ";"),
    ),
    gerunds={},
    function_words=frozenset(
        entries("""
            der, die, das, den, dem, des, eine, einen, einem, einer, mein, meine, meinen, meinem, unser, unsere, unseren
            dieser, diese, dieses, diesen, diesem, in, im, am, bei, beim, ist, sind, es, mir, uns, bitte, mal, du, ich
        """)
    ),
    before_numbers=frozenset({"in"}),
    question_words=frozenset(
        entries("""
            was, wie, wieviel, wieviele, wo, woher, wohin, womit, wofür, wozu, wer, wen, wem, wessen, wann, warum, wieso
            weshalb, welche, welcher, welches, welchen, welchem, ist, sind, war, waren, bin, bist, hat, haben, habe, hab
            hast, gibt, wird, werden, läuft, laufen, steht, stehen, brennt, brennen, leuchtet, regnet, scheint, kann
            kannst, können, könnt, könntest, könnten, könnte, darf, dürfen, soll, sollen, sollte, muss, müssen, musst
            will, willst, wollen, würde, würdest, würden, möchte, ich, wir, er, sie, es, du, ihr, man, hörst
            nimmst, zeichnest
        """)
    ),
)
