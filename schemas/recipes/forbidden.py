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
    """Is it for train -> what is said before a command; around its verb, which is `_`; or, after `~`, at its end."""
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
                don't, dont, do not, please don't, please do not, never, don't ever, never ever, no don't, stop don't
                you must not, you should not, you can't, i don't want you to, i do not want you to, i didn't say
                i did not say, i didn't tell you to, i never said, i don't want to, no need to, there is no need to
                you don't need to, nobody asked you to, it's not time to, whatever you do don't, make sure you don't
                make sure not to
            """),
            False: entries("""
                you shouldn't, don't you dare, don't just, i never asked you to, i wouldn't, better not
                be careful not to, please never, you do not have to, under no circumstances, it is not necessary to
                i told you not to
            """),
        },
        spared={
            True: entries("except, except for, but not, but not in, apart from, other than, all but"),
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
                ~ nicht, ~ nicht, ~ nicht, ~ bitte nicht, ~ bloß nicht, ~ jetzt nicht, ~ auf keinen fall, ~ niemals
                ~ heute nicht, nein _ nicht, nicht, bitte nicht, nein nicht, du sollst nicht, ich will nicht dass du
                ich habe nicht gesagt, ich sagte nicht, du brauchst nicht, niemand hat gesagt
            """),
            False: entries("""
                ~ lieber nicht, ~ noch nicht, ~ keinesfalls, ~ unter keinen umständen, ~ besser nicht, ja nicht
                ich habe nie gesagt, wehe du, du musst nicht, davon dass du sollst war keine rede
            """),
        },
        spared={
            True: entries("außer, außer in, aber nicht, nur nicht, bis auf, aber nicht in, abgesehen von"),
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
                ne _ pas, ne _ pas, ne _ surtout pas, ne _ jamais, ne _ plus, non ne _ pas, s'il te plaît ne _ pas
                surtout ne _ pas, _ pas, _ surtout pas, non _ pas, je n'ai pas dit, j'ai pas dit, je ne veux pas que tu
                je veux pas que tu, il ne faut pas que tu, pas besoin que tu, je ne t'ai pas demandé que tu
            """),
            False: entries("""
                ne _ pas encore, ne _ en aucun cas, attention ne _ pas, _ pas encore, je n'ai jamais dit
                personne n'a dit, inutile que tu, il vaut mieux que tu ne _ pas
            """),
        },
        spared={
            True: entries("sauf, sauf dans, mais pas, mais pas dans, à part, excepté"),
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
                no, no, no, por favor no, no no, nunca, jamás, oye no, no quiero que, no hace falta que, prefiero que no
                te dije que no, no hay necesidad de que, no es hora de que, ni se te ocurra que
            """),
            False: entries("""
                mejor no, de ninguna manera, bajo ningún concepto, nadie te pidió que, todavía no, cuidado no
                yo no dije que
            """),
        },
        spared={
            True: entries("excepto, menos, pero no, pero no en, salvo, aparte de"),
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
                ~ niet, ~ niet, ~ niet, ~ alsjeblieft niet, ~ nooit, ~ nu niet, ~ vooral niet, ~ vandaag niet, niet
                nee niet, nee _ niet, je moet niet, je hoeft niet, ik wil niet dat je, ik zei niet, ik heb niet gezegd
                niemand zei
            """),
            False: entries("""
                ~ liever niet, ~ nog niet, ~ in geen geval, ~ onder geen beding, ~ beter niet, ik heb nooit gezegd
                pas op dat je niet, ik vroeg niet, waag het niet en
            """),
        },
        spared={
            True: entries("behalve, behalve in, maar niet, maar niet in, alleen niet, afgezien van"),
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
