"""What people say between a slip of the tongue and what they mean, in five languages.

Valid and test rows have other words than train rows: who wrote most of those for training had not seen these.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries

_MOST = 4
"""Times that what people say most stands in a list."""
TAKEN_BACK: Mapping[str, Mapping[bool, tuple[str, ...]]] = {
    "en": {
        True: _MOST * entries("no, sorry, i mean, no wait, wait no, actually, no sorry, no i mean, make that, oh no")
        + entries("""
            or rather, hang on, scratch that, not that, wait, sorry i meant, no no, i meant to say, oops
            forget that, uh sorry, i meant, sorry i mean, er i mean, oh sorry, actually no, make it, no um
            no actually, no i meant, uh i mean, er no, um sorry, actually make that, no make it, whoops, wait i mean
            oh wait, sorry no, no no no, no hang on, oops sorry, what i meant was, my bad, no scratch that, er sorry
            um actually, no hold on, hang on no, nope, ah sorry, let's say, no let's say, excuse me, i'm sorry
            i'm sorry i meant, wait scratch that, strike that, no cancel that, no forget that, or should i say
            i should say, sorry my mistake, oops i mean, well actually, well i mean, that's wrong, no that's wrong
            no that's not right, that's not what i meant, no what i meant was, what i mean is, i wanted to say
            sorry i wanted to say, let me rephrase, let me rephrase that, let me correct myself, hmm no
            hmm actually, yeah no, ah no, no you know what, on second thought, actually on second thoughts
            let's go with, no let's make that, i got that wrong, i said that wrong, that came out wrong, i misspoke
            sorry i misspoke, wrong one, sorry wrong word, slip of the tongue, pardon me, i beg your pardon
            my apologies, silly me, oh silly me, what am i saying, i'm such an idiot, oh dear no, ugh no
            i take that back, that is to say
        """),
        False: entries("uh no, rather, correction, wait sorry, or better, hold on no, my mistake, well no"),
    },
    "de": {
        True: _MOST * entries("nein, nee, ich meine, entschuldigung, warte, ach nein, äh nein, quatsch")
        + entries("""
            moment, halt, also, sorry, äh ich meine, nein warte, nein ich meine, äh sorry, nein quatsch, ich meinte
            nein sorry, äh quatsch, nein entschuldigung, ach quatsch, nein ich meinte, nee warte, ach nee
            äh entschuldigung, sorry ich meine, entschuldigung ich meinte, beziehungsweise, oder besser gesagt
            ich wollte sagen, nein nein, warte nein, moment nein, halt nein, oder nein, oh sorry, oh nein, lieber
            nein lieber, doch lieber, oder vielmehr, ups, ups sorry, nee quatsch, nein falsch, falsch, sagen wir
            sagen wir lieber, also ich meine, pardon, tut mir leid, nein nein nein, ich habe mich versprochen
            sorry versprochen, äh vertan, mein fehler, blödsinn, nein das war falsch, nein vergiss das
            ich wollte eigentlich sagen, was ich meinte war, ich korrigiere mich, anders gesagt, das heißt
            was rede ich denn, hoppla, ich depp
        """),
        False: entries("vielmehr, besser gesagt, korrektur, nein doch, verzeihung"),
    },
    "fr": {
        True: _MOST * entries("non, pardon, je veux dire, enfin, non pardon, non attends, euh non, attends")
        + entries("""
            plutôt, désolé, euh pardon, attends non, enfin non, non je veux dire, je voulais dire, euh je veux dire
            enfin je veux dire, pardon je voulais dire, non désolé, euh désolé, ah non, ah pardon, oh pardon
            non non, non plutôt, enfin plutôt, euh plutôt, en fait, en fait non, non excuse-moi, excusez-moi
            non je voulais dire, oups pardon, oups non, non non non, finalement, non finalement, disons
            disons plutôt, non disons, mince, mince non, zut, zut pardon, je me suis trompé, pardon je me trompe
            non c'est pas ça, non oublie ça, je suis désolé, c'est-à-dire, qu'est-ce que je dis
            qu'est-ce que je raconte, je dis n'importe quoi, n'importe quoi, que je suis bête, erreur, je me corrige
            je rectifie, je reformule, je me suis mal exprimé, au temps pour moi, réflexion faite
            ou pour mieux dire, toutes mes excuses, ma langue a fourché
        """),
        False: entries("ou plutôt, correction, non en fait, excuse-moi, oups"),
    },
    "es": {
        True: _MOST * entries("no, perdón, digo, quiero decir, no perdón, espera, mejor dicho, no no")
        + entries("""
            ay no, quería decir, perdón digo, eh no, no digo, eh perdón, no espera, o sea, espera no, no mejor
            mejor, eh digo, ay perdón, no perdona, quise decir, perdón quería decir, perdón quise decir, lo siento
            no lo siento, o mejor dicho, o mejor, bueno mejor, bueno digo, no no no, disculpa, no disculpa, uy no
            uy perdón, ups, ups perdón, ah no, o más bien, me equivoqué, me he equivocado, perdón me equivoqué
            me confundí, perdón me he confundido, en realidad, no en realidad, es decir, digamos, mejor digamos
            un momento no, a ver no, a ver perdón, este perdón, no olvida eso, qué digo, pero qué estoy diciendo
            qué tonto soy, lo dije mal, lo que quería decir era, me corrijo, rectifico, error mío, pensándolo mejor
            se me trabó la lengua, retiro lo dicho
        """),
        False: entries("o sea no, corrección, bueno no, perdona, más bien"),
    },
    "nl": {
        True: _MOST * entries("nee, sorry, ik bedoel, nee sorry, nee wacht, wacht, oh nee, of nee")
        + entries("""
            eh nee, stop, pardon, uh nee, uh sorry, nee ik bedoel, sorry ik bedoel, uh ik bedoel, wacht nee
            oh sorry, nee ik bedoelde, ach nee, doe maar, nee doe maar, nee nee, toch liever, liever, nee liever
            nee toch liever, of liever, eigenlijk, nee eigenlijk, oeps, oeps sorry, oeps nee, wacht sorry
            wacht even nee, wacht ik bedoel, of liever gezegd, of beter gezegd, nee nee nee, ik wilde zeggen
            nee ik wou zeggen, sorry ik wilde zeggen, foutje, sorry foutje, nee fout, verkeerd, nee verkeerd
            excuseer, excuseer ik bedoel, mijn fout, ik vergis me, sorry ik vergis me, ik verspreek me
            wat ik bedoel is, wat ik bedoelde was, dat wil zeggen, laten we zeggen, nee laten we zeggen
            nee vergeet dat, wat zeg ik nou, dat zei ik verkeerd, stom van me, nou nee, hè nee, allee ik bedoel
            onzin, bij nader inzien, mijn excuses, laat me het anders zeggen
        """),
        False: entries("beter gezegd, correctie, nee toch, laat maar, ik bedoelde"),
    },
}
"""Language -> is it for train -> what is said between a slip and what is meant."""
