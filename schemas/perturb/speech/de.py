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
        """),
        openers=entries("""
            hey, hallo, hi, moin, servus, okay, also, so, äh, ähm, hm, ach, ach ja, oh, na, na gut, gut, ja, tja, du
            bitte, jetzt, sag mal, hör mal, schau mal, übrigens, nebenbei, kurze frage, noch was, eine frage, mensch
            leute, entschuldigung, sorry, guten morgen, grüß gott, weißt du was, danke, computer, na dann
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
