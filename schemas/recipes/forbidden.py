"""Commands that are not to be carried out, or not in whole: "don't turn on the lamp", "all lights off but the lamp".

A home that cannot tell them from the command in them does what it was told not to do. The words that forbid are
divided: valid and test rows have others than train rows. All written for this project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from schemas.perturb.word_list import entries
from schemas.recipes.compounds import Said, moved
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import Split
from trunkline_edge.understanding.text import split_words


@dataclass(frozen=True, slots=True)
class Forbidding:
    """How one language forbids."""

    words: Mapping[bool, tuple[str, ...]]
    """Is it for train -> what is said before a command; around its verb, which is `_`; or, after `~`, at its end. What
    is said most stands there several times."""
    spared: Mapping[bool, tuple[str, ...]]
    """Is it for train -> what is said between a command and what it is not to touch."""
    verbs: Mapping[str, str]
    """What a command begins with -> how that is said when it is forbidden."""
    ends: frozenset[str] = frozenset()
    """Parts of a verb that end a command: what is said "at its end" goes before them."""


def _as_they_are(table: str) -> dict[str, str]:
    return {verb: verb for verb in entries(table)}


def _otherwise(table: str) -> dict[str, str]:
    return dict((said.split()[0], said.split()[1]) for said in entries(table))


FORBIDDING: Mapping[str, Forbidding] = {
    "en": Forbidding(
        words={
            True: entries("""
                don't, don't, don't, don't, don't, don't, don't, don't, don't, don't, dont, do not, please don't
                please do not, never, don't ever, never ever, no don't, stop don't, you must not, you should not
                you can't, i don't want you to, i do not want you to, i didn't say, i did not say, i didn't tell you to
                i never said, i don't want to, no need to, there is no need to, you don't need to, nobody asked you to
                it's not time to, whatever you do don't, make sure you don't, make sure not to, you don't have to
                there's no need to, i didn't ask you to, i never said to, you cannot, wait don't, please dont
                no one told you to, you are not allowed to, you're not supposed to, you'd better not
                i'd rather you didn't, let's not, can you not, could you please not, no no don't, hey don't, try not to
                actually don't, never mind don't, i don't need you to, we don't need to, i don't think you should
                i'm not sure you should, maybe don't, not yet don't, don't bother to, stop trying to, don't go and
                for now don't, wait before you, hold on before you, ask me before you, check with me before you
                it's too early to, it isn't time to, i'm not ready for you to, mum said not to
                my husband doesn't want you to, the neighbours asked us not to, the doctor said we shouldn't
                we agreed not to, i've decided not to, who told you to, who asked you to, did i ask you to
                did i say you could, why would you, why on earth would i want you to, what makes you think you should
                how many times have i told you not to, you know better than to, you mustnt, you cant, i didnt say
                you dont need to, id rather you didnt, on second thought don't, i changed my mind don't
                i take it back do not, cancel my request to, forget i asked you to, ignore any request to
                disregard the command to, say no if anyone asks you to, refuse to, don't let anyone, don't let the kids
                make sure nobody can, see to it that no one tries to, nobody is allowed to, i don't want anybody to
                it isn't necessary to, it won't be necessary to, you needn't, there's no reason to, it makes no sense to
                it's pointless to, it's a bad idea to, it would be a mistake to, it's not safe to
                it would be better not to, i'd appreciate it if you didn't, i would rather not have you
                i have no desire to, i'd hate for you to, i don't like it when you, i can't stand it when you
                i beg you not to, i'm asking you nicely not to, do me a favor and don't, for god's sake don't
                under no circumstances should you, on no account are you to, at no point did i tell you to
                by no means should you, absolutely never, i forbid you to, i won't let you, you are forbidden to
                you don't have my permission to, nobody gave you permission to, you are not to, you ought not to
                i'm warning you don't, you'll be in trouble if you, i'll unplug you if you, you'll wake the baby if you
                i wish i hadn't asked you to, i shouldn't have asked you to, i was only joking when i told you to
                you misheard me i never said, i can't decide whether to, i doubt we need to
                let me think about whether to, until i say otherwise don't, when pigs fly you can
                over my dead body will you, not in a million years should you, resist the urge to
                thanks but you don't have to
            """),
            False: entries("""
                you shouldn't, don't you dare, don't just, i never asked you to, i wouldn't, better not
                be careful not to, please never, you do not have to, under no circumstances, it is not necessary to
                i told you not to
            """),
        },
        spared={
            True: entries("""
                except, except for, but not, but not in, apart from, other than, all but, but, just not, aside from
                save for, not including, besides, just don't touch, but skip, minus, not counting, without touching
                but don't include, but please not, but definitely not, but stay away from, though not
            """),
            False: entries("excluding, with the exception of, leaving out, but leave out"),
        },
        verbs=_as_they_are("""
            turn, switch, set, put, change, adjust, dim, brighten, make, open, close, shut, lock, unlock, start, stop
            pause, resume, play, skip, raise, lower, increase, decrease, add, remove, cancel, clean, vacuum, mute
            unmute, run
        """),
    ),
    "de": Forbidding(
        words={
            True: entries("""
                ~ nicht, ~ nicht, ~ nicht, ~ nicht, ~ bitte nicht, ~ bloß nicht, ~ jetzt nicht, ~ auf keinen fall
                ~ niemals, ~ heute nicht, nein _ nicht, nein nicht, du sollst nicht, ich will nicht dass du
                ich habe nicht gesagt, ich sagte nicht, du brauchst nicht, niemand hat gesagt, ~ nicht mehr
                ~ doch nicht, ~ nie, ~ nie wieder, ~ auf gar keinen fall, ~ bitte noch nicht, ~ heute abend nicht
                ~ heute nacht nicht, ~ gerade nicht, ~ im moment nicht, ~ erst mal nicht, ~ vorerst nicht
                ~ vorläufig nicht, ~ nicht schon wieder, ~ nicht einfach so, ~ nicht sofort, ~ diesmal nicht
                ~ ausnahmsweise nicht, ~ gar nicht erst, ~ ab sofort nicht mehr, ~ in zukunft nicht mehr
                ~ bis auf weiteres nicht, ~ um gottes willen nicht, ~ verdammt nochmal nicht
                ~ nicht ohne meine erlaubnis, ~ morgen nicht, ~ jetzt doch nicht, nein ich habe nicht gesagt
                ich meinte nicht, wer hat denn gesagt, hab ich etwa gesagt, wann habe ich denn gesagt
                du hast dich verhört ich sagte nicht, vergiss dass ich gesagt habe, tut mir leid dass ich gesagt habe
                ich hätte nicht sagen sollen, es war nur ein scherz als ich sagte
                es war ein versehen dass ich gesagt habe, tu nichts wenn jemand sagt
                hör nicht auf die kinder wenn sie sagen, mama hat nicht gesagt, komm bloß nicht auf die idee und
                geh bloß nicht hin und
            """),
            False: entries("""
                ~ lieber nicht, ~ noch nicht, ~ keinesfalls, ~ unter keinen umständen, ~ besser nicht, ja nicht
                ich habe nie gesagt, wehe du, du musst nicht, davon dass du sollst war keine rede
            """),
        },
        spared={
            True: entries("""
                außer, außer in, aber nicht, nur nicht, bis auf, aber nicht in, abgesehen von, bloß nicht
                aber bitte nicht, jedoch nicht, aber auf keinen fall, allerdings nicht
            """),
            False: entries("ausgenommen, mit ausnahme von, ohne, aber lass"),
        },
        verbs=_as_they_are("""
            stell, stelle, setz, setze, schalt, schalte, mach, mache, dreh, drehe, öffne, schließe, schließ, starte
            stoppe, stopp, pausiere, beende, lösch, lösche, füge, entferne, spiel, spiele, lass, lasse, fahr, fahre
            heb, hebe, erhöhe, verringere, reduziere, senke, dimm, dimme, ändere, änder, verändere, verlängere
            verkürze, schick, schicke, sperre, entsperre, aktiviere, deaktiviere, sauge, saug, wische, mähe, heize
            färbe, halt, halte, nimm, streiche, gib, breche
        """),
        ends=frozenset(
            entries("""
                an, ein, aus, ab, auf, zu, hoch, runter, rauf, rein, raus, fort, weiter, hinzu, lauter, leiser, stumm
                zurück, herunter, hinunter, hinauf, heller, dunkler
            """)
        ),
    ),
    "fr": Forbidding(
        words={
            True: entries("""
                ne _ pas, ne _ pas, ne _ pas, ne _ pas, ne _ pas, ne _ surtout pas, ne _ jamais, ne _ plus, non ne _ pas
                s'il te plaît ne _ pas, surtout ne _ pas, _ pas, _ surtout pas, non _ pas, je n'ai pas dit, j'ai pas dit
                je ne veux pas que tu, je veux pas que tu, il ne faut pas que tu, pas besoin que tu
                je ne t'ai pas demandé que tu, ne _ pas tout de suite, ne _ pas maintenant, _ plus, attends ne _ pas
                ne _ plus jamais, ce soir ne _ pas, aujourd'hui ne _ pas, finalement ne _ pas, pour l'instant ne _ pas
                non non ne _ pas, _ jamais, s'il te plaît _ pas, arrête ne _ pas, stop ne _ pas
                ne _ sous aucun prétexte, hé ne _ pas, personne ne t'a dit, qui t'a dit, je ne t'ai pas dit
                est ce que j'ai dit, j'ai changé d'avis ne _ pas, laisse tomber ne _ pas, je t'en prie ne _ pas
                je t'en supplie ne _ pas, je te préviens ne _ pas, quoi qu'il arrive ne _ pas
                à partir de maintenant ne _ plus, cette fois ne _ pas, sans mon accord ne _ pas
                sans me demander ne _ pas, avant que je le dise ne _ pas, tant que je n'ai rien dit ne _ pas
                le bébé dort alors ne _ pas, bon sang ne _ pas, pas la peine ne _ pas, ce n'est pas moi qui ai dit
                je ne voulais pas dire, tu as mal compris je n'ai pas dit, oublie que j'ai dit, je n'aurais pas dû dire
                je regrette d'avoir dit, je plaisantais quand j'ai dit, n'écoute pas les enfants s'ils disent
            """),
            False: entries("""
                ne _ pas encore, ne _ en aucun cas, attention ne _ pas, _ pas encore, je n'ai jamais dit
                personne n'a dit, inutile que tu, il vaut mieux que tu ne _ pas
            """),
        },
        spared={
            True: entries("""
                sauf, sauf dans, mais pas, mais pas dans, à part, excepté, mis à part, mais surtout pas, sans toucher à
                mais ne touche pas à, en laissant de côté
            """),
            False: entries("hormis, en laissant, à l'exception de, en dehors de"),
        },
        verbs=_as_they_are("""
            mets, met, ajoute, supprime, démarre, annonce, règle, remets, passe, enlève, lance, monte, arrête, éteins
            éteint, allume, ouvre, ferme, annule, reprends, baisse, augmente, diminue, ajuste, nettoie, aspire, stoppe
            active, désactive, change, coupe, coche, valide, verrouille, déverrouille, joue, retire, relance, rajoute
            renvoie, descends, tamise
        """),
    ),
    "es": Forbidding(
        words={
            True: entries("""
                no, no, no, no, no, por favor no, no no, nunca, jamás, oye no, no quiero que, no hace falta que
                prefiero que no, te dije que no, no hay necesidad de que, no es hora de que, ni se te ocurra que
                no es necesario que, no necesito que, te he dicho que no, no te he pedido que, no he dicho que
                no dije que, no te pedí que, nadie te ha pedido que, nadie ha dicho que, nunca he dicho que, espera no
                aún no, ahora no, hoy no, esta noche no, por ahora no, que no, te pido que no, te ruego que no
                será mejor que no, más vale que no, no me gusta que, quién te ha dicho que, quién te ha pedido que
                acaso te he pedido que, por qué voy a querer que, te prohíbo que, no te permito que
                no te autorizo a que, en ningún caso, nunca más, por lo que más quieras no, te advierto que no
                mamá ha dicho que no, mi mujer no quiere que, el bebé duerme así que no, no tiene sentido que
                no hay motivo para que, no es buena idea que, es demasiado pronto para que, no sé si quiero que
                dudo que haga falta que, no conviene que, siento haberte pedido que, he cambiado de idea no
                hasta que yo lo diga no, no soporto que
            """),
            False: entries("""
                mejor no, de ninguna manera, bajo ningún concepto, nadie te pidió que, todavía no, cuidado no
                yo no dije que
            """),
        },
        spared={
            True: entries("""
                excepto, menos, pero no, pero no en, salvo, aparte de, a excepción de, con la excepción de, excluyendo
                sin tocar, pero no toques, pero sin incluir
            """),
            False: entries("con excepción de, exceptuando, dejando fuera, quitando"),
        },
        verbs=_as_they_are("""
            ponga, marque, quite, abra, cierre, encienda, prenda, apague, suba, baje, levante, aumente, reduzca
            disminuya, reproduzca, pause, pare, detenga, cancele, añada, agregue, elimine, borre, active, desactive
            conecte, ajuste, establezca, cambie, aspire, limpie, silencie, inicie, ejecute, salte, siga, continúe
            poner, abrir, cerrar, encender, prender, apagar, subir, bajar, pausar, parar, cancelar, activar
            desactivar, reproducir, cambiar, ajustar, limpiar, aspirar
        """)
        | _otherwise("""
            pon pongas, poné pongas, marca marques, quita quites, quitá quites, abre abras, abrí abras, cierra cierres
            cerrá cierres, enciende enciendas, encendé enciendas, prende prendas, prendé prendas, apaga apagues
            apagá apagues, sube subas, subí subas, baja bajes, bajá bajes, levanta levantes, aumenta aumentes
            reduce reduzcas, disminuye disminuyas, reproduce reproduzcas, pausa pauses, pausá pauses, para pares
            pará pares, detén detengas, detené detengas, cancela canceles, cancelá canceles, añade añadas, añadí añadas
            agrega agregues, elimina elimines, borra borres, borrá borres, activa actives, activá actives
            desactiva desactives, desactivá desactives, conecta conectes, ajusta ajustes, establece establezcas
            cambia cambies, cambiá cambies, aspira aspires, limpia limpies, silencia silencies, inicia inicies
            ejecuta ejecutes, salta saltes, sigue sigas, continúa continúes, bloquea bloquees, desbloquea desbloquees
        """),
    ),
    "nl": Forbidding(
        words={
            True: entries("""
                ~ niet, ~ niet, ~ niet, ~ niet, ~ niet, ~ alsjeblieft niet, ~ nooit, ~ nu niet, ~ vooral niet
                ~ vandaag niet, nee niet, nee _ niet, je moet niet, je hoeft niet, ik wil niet dat je, ik zei niet
                ik heb niet gezegd, niemand zei, ~ maar niet, ~ niet meer, ~ toch maar niet, ~ vanavond niet
                ~ echt niet, ~ even niet, ~ nog even niet, ~ nu nog niet, ~ absoluut niet, ~ zeker niet, ~ nooit meer
                ~ vannacht niet, ~ morgen niet, ~ voorlopig niet, ~ deze keer niet, ~ alsjeblieft nog niet
                ~ alstublieft niet, ~ niet weer, ~ niet zomaar, ~ niet meteen, ~ vandaag maar niet, ~ op dit moment niet
                ~ voortaan niet meer, ~ vanaf nu niet meer, ~ tot nader order niet, ~ in godsnaam niet
                ~ hoe dan ook niet, ~ nou eens niet, ~ niet zonder mijn toestemming, ~ niet zonder het te vragen
                niemand heeft gezegd, nee ik zei niet, wie heeft er gezegd, heb ik soms gezegd, wanneer heb ik gezegd
                ik bedoelde niet, ik wilde niet zeggen, je hebt me verkeerd verstaan ik zei niet, vergeet dat ik zei
                het spijt me dat ik zei, ik had niet moeten zeggen, het was maar een grapje toen ik zei
                luister niet als de kinderen zeggen, doe niets als iemand zegt, negeer het als iemand zegt
                mama heeft niet gezegd, ik was het niet die zei
            """),
            False: entries("""
                ~ liever niet, ~ nog niet, ~ in geen geval, ~ onder geen beding, ~ beter niet, ik heb nooit gezegd
                pas op dat je niet, ik vroeg niet, waag het niet en
            """),
        },
        spared={
            True: entries("""
                behalve, behalve in, maar niet, maar niet in, alleen niet, afgezien van, maar vooral niet, behalve dan
                maar alsjeblieft niet, maar zeker niet, maar blijf af van, maar liever niet
            """),
            False: entries("uitgezonderd, met uitzondering van, zonder, maar laat"),
        },
        verbs=_as_they_are("""
            zet, voeg, haal, start, pauzeer, annuleer, stop, hervat, laat, maak, speel, stuur, verhoog, verlaag, doe
            sluit, open, verwijder, verander, luister, sla, verleng, draai, schakel, dim, demp, mute, stofzuig, zuig
            dweil, maai, vergrendel, ontgrendel, kort, roep
        """),
        ends=frozenset(
            entries("""
                aan, uit, af, toe, op, dicht, open, hoger, lager, harder, zachter, terug, weg, over, omhoog, omlaag, in
            """)
        ),
    ),
}
_SPARED_SHARE = 0.3


def forbidden(said: Said, another: Callable[[str], str], language: str, split: Split, rng: Random) -> Said | None:
    """Forbid a command, or some of it; None where it does not begin with what is to be done.

    What it names stays named, so that slots are the same words as in commands. `another` draws a further thing for a
    slot.
    """
    text, spans = said
    own = FORBIDDING[language]
    words = split_words(text)
    first = words[0]
    if first.start or first.form not in own.verbs:
        return None
    if rng.random() < _SPARED_SHARE:
        return _in_part(said, another, language, split, rng)
    negation = rng.choice(own.words[split == "train"])
    if negation.startswith("~"):
        begins = text[0].lower() + text[1:]
        behind = [word.start for word in words[-2:] if word.form in own.ends]
        at = max([behind[-1] if behind else len(text.rstrip(".!")), *(end for _, end, *_ in spans)])
        is_last = not text[at:].strip(".! ")
        put = negation[1:] if is_last else f"{negation[2:]} "
        return begins[:at] + put + begins[at:], spans
    before, _, after = (negation if "_" in negation else f"{negation} _").partition("_")
    verb = own.verbs[first.form]
    if language == "fr" and before.endswith("ne ") and verb[0] in "aeéiouyh":
        before = f"{before[:-2]}'"
    begins = before + verb + after
    return begins + text[first.end :], moved(spans, len(begins) - first.end)


def _in_part(said: Said, another: Callable[[str], str], language: str, split: Split, rng: Random) -> Said:
    """Spare something from a command."""
    text, spans = said
    slot = rng.choice(("name", "area"))
    spared = another(slot)
    own = VOCABULARIES.get(language)
    article = rng.choice(own.before_any_word()) if own else "the "
    article = "" if "'s" in spared else article
    between = rng.choice(FORBIDDING[language].spared[split == "train"])
    made = f"{text[0].lower()}{text[1:].rstrip('.!')} {between} {article}{spared}"
    return made, [*spans, (len(made) - len(spared), len(made), slot, None)]
