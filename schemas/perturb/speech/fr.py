"""French."""

from __future__ import annotations

from schemas.perturb.word_list import entries, spun
from schemas.perturb.wordings import Speech, Wordings

SPEECH = Speech(
    train=Wordings(
        fillers=entries("""
            euh, heu, hum, hmm, mmh, ben, bah, ah, oh, hein, bon, alors, donc, voilà, eh bien, eh ben, bon ben
            tu sais, tu vois, vous savez, vous voyez, comment dire, comment on dit, comment ça s'appelle, disons
            on va dire, genre, du coup, en gros, voyons, voyons voir, je réfléchis, juste, s'il te plaît
            s'il vous plaît, tiens, je crois, ouais, euh euh, si tu veux, en quelque sorte, tu sais quoi
        """),
        openers=entries("""
            bon, alors, bonjour, bonsoir, salut, coucou, allô, dis, dis donc, dis-moi, dites, dites-moi
            tenez, tiens, eh, hé, hep, euh, ben, donc, ok, d'accord, ah oui, ah tiens, bon ben, bon alors, eh bien, bref
            excusez-moi, au fait, à propos, d'ailleurs, en fait, ah et puis, voilà, oh là là, c'est moi
            tant que j'y pense, avant que j'oublie, ordinateur, assistant, chéri, ma chérie, merci, s'il te plaît
        """)
        + spun("""
            (ok|bon|alors|eh|hé|dis|salut|bonjour|coucou|allô) (ordinateur|l'assistant|toi|mon ami|ma belle|mon grand)
            (bon|alors|euh|ah|donc|tiens) (dis-moi|dites-moi|voyons|dis donc|voilà|oui)
            (pardon|désolé|désolée|navré) de (te déranger|vous déranger|t'embêter|t'interrompre|vous interrompre)
            (tu sais quoi|vous savez quoi|devine quoi|dites voir)( mon grand| ordinateur| ma belle|)
            (si tu peux|si vous pouvez|quand tu peux|si tu veux bien|si tu m'entends|si ça te va)( ordinateur| mon ami|)
            (je viens|on vient|nous venons) (juste d'arriver|de manger|de dîner|de travailler|de courir)
            (j'ai|on a|nous avons) (froid|faim|sommeil|trop chaud|de la visite|des invités|mal aux yeux)
            (je trouve|je crois|on dirait) qu'il (fait sombre|fait froid|fait frais|est tard|fait chaud)
            (bonjour|bonsoir|salut|coucou) (tout le monde|mon cher|ma chère|la compagnie|mes amis)
            (mon cher|cher|mon bon|mon fidèle) (ami|assistant|ordinateur)
            (le bébé|le petit|la petite|mon mari|ma femme) (dort|se repose|arrive|a froid|est malade|a sommeil)
        """),
        asks=entries("""
            s'il te plaît, s'il vous plaît, stp, svp, allez, allez hop, hop, vas-y, allez-y, vite, vite fait, fais vite
            fais vite et, faites vite, dépêche-toi, dépêche-toi et, dépêchez-vous et, sois gentil, sois gentille et
            sois chou et, fais-moi plaisir, rends-moi service et, rendez-moi service et
            je te prie, je vous prie, je t'en prie, je t'en supplie, je te le demande, aide-moi et, aidez-moi et
            juste, simplement, maintenant, tout de suite, bouge-toi et, grouille-toi et, au boulot, c'est parti
            je compte sur toi, j'ai besoin de toi, va donc, sois gentil s'il te plaît, je t'en supplie vite
        """)
        + spun("""
            (sois|soyez) (sympa|gentil|aimable|un amour|mignon) et
            (allez|vas-y|bon allez|hop) (vite|s'il te plaît|s'il vous plaît|mon grand|ma belle|stp)
            (fais-moi|faites-moi) (plaisir|ce plaisir|une fleur) et
            (dépêche-toi|grouille-toi|magne-toi|bouge-toi|remue-toi) (s'il te plaît|mon grand|ma belle et)
            (s'il te plaît|s'il vous plaît) (vite|maintenant|tout de suite|juste|rapidement)
        """),
        gerund_asks=(),
        closers=entries("""
            s'il te plaît, s'il vous plaît, stp, svp, merci, merci bien, merci beaucoup, un grand merci, merci hein
            pour moi, pour nous, maintenant, tout de suite, immédiatement, vite, vite fait, et vite, hein, d'accord, ok
            tu veux bien, tu veux, voilà, quoi, euh, voilà quoi, c'est tout, ce sera tout, c'est gentil, c'est sympa
            ce serait super, ce serait gentil, ce serait parfait, ce serait bien, ça m'arrangerait, si tu peux
            si vous pouvez, si possible, si c'est possible, quand tu peux, quand vous pouvez, dès que tu peux
            dès que possible, si ça te dérange pas, si ça ne te dérange pas, si ça ne vous dérange pas, comme toujours
            si tu veux bien, si vous voulez bien, si tu veux, je te prie, je vous prie, je t'en prie, allez, allez hop
            mon grand, ma belle, mon ami, mon chéri, ma chérie, mon cœur, ordinateur, chef, tu seras gentil, les gars
            tu m'entends, vous m'entendez, tu as compris, t'as compris, compris, avant que j'oublie, je suis pressé
            je suis pressée, on est pressés, il est tard, il fait nuit, je vais me coucher, je m'en vais, on s'en va
            au revoir, à bientôt, bisous, bonne journée, bonne soirée, bonne nuit, ou un truc comme ça
            ou quelque chose comme ça, je crois, je pense, j'imagine, super, parfait, impeccable, nickel, oui
            prends ton temps, prenez votre temps, pour me faire plaisir, dépêche-toi, dépêchez-vous, fais vite
        """)
        + spun("""
            merci (beaucoup |bien |)(mon ami|ma belle|à toi|à vous|ordinateur|d'avance)
            je (te|vous) (remercie|remercie d'avance|remercie beaucoup|serais reconnaissant|fais confiance|adore)
            si (ça|cela) (te|vous) (va|convient|arrange|dit|plaît)
            (si tu as|si vous avez|si t'as) (le temps|envie|la possibilité|compris|bien entendu)
            (quand tu auras|quand vous aurez) (le temps|fini|la possibilité|envie)
            (ça|cela) (me|nous) (ferait plaisir|ferait du bien|rendrait service|plairait|simplifierait la vie)
            (j'ai|on a) (du monde|les mains pleines|les mains mouillées|les bras chargés|mal au crâne|froid aux pieds)
            je suis (au téléphone|en réunion|en train de lire|crevé|crevée|fatigué|fatiguée|occupé|gelé|gelée)
            (je vais|on va|nous allons) (dormir|manger|partir|sortir|lire|travailler)
            (le bébé|le petit|la petite|mon mari|ma femme|tout le monde) (dort|a sommeil|se repose|attend|a froid)
            pour que (je puisse|on puisse|nous puissions) (lire|dormir|manger|travailler|y voir clair|discuter)
            (tu es|t'es|vous êtes) (un amour|un ange|génial|adorable|trop fort|super)
            (avant|juste avant) (de partir|de dormir|de manger|qu'on parte|que les invités arrivent)
            comme (d'habitude|tu sais faire|je te l'ai appris|on a dit|convenu|promis|je te l'ai demandé)
            et (merci|fais vite|dépêche-toi|bonne nuit|fais attention|grouille-toi|c'est tout|voilà|merci d'avance)
            (allez|hop|ok|voilà) (merci|s'il te plaît|s'il vous plaît|mon grand|ma belle)
            (il fait|il commence à faire|je trouve qu'il fait) (froid|sombre|frais|chaud|lourd)
        """),
        conjunctions=("et", "et puis"),
        marks=(".", "?", ",", ":", "-"),
    ),
    held_out=Wordings(
        fillers=entries("hum hum, comment dirais-je, pour ainsi dire, mhm, euh alors, eh bah, si j'ose dire"),
        openers=entries("""
            holà, hello, dis voir, ah ben tiens, re bonjour, puisque tu es là, mon brave, s'il y a quelqu'un
        """),
        asks=entries("""
            sois un ange et, je t'en conjure, je vous en prie, fissa, rends-moi ce petit service, soyez chic et
            pitié, sois chic et
        """),
        gerund_asks=(),
        closers=entries("""
            si le cœur t'en dit, dans les meilleurs délais, au plus tôt, sans tarder, c'est bien aimable, mon vieux
            avec mes remerciements, merci du fond du cœur, sois mignonne, je t'en serai éternellement reconnaissante
        """),
        conjunctions=("et", "et aussi"),
        marks=("!", "...", ";"),
    ),
    gerunds={},
    function_words=frozenset(
        entries("""
            le, la, les, du, des, au, aux, mon, ma, mes, ton, ta, tes, notre, nos, votre, vos, ce, cet, cette, ces
            est, sont, que, me, se, avec, peux
        """)
    ),
    before_numbers=frozenset({"au"}),
    question_words=frozenset(
        entries("""
            qu, que, quoi, quel, quelle, quels, quelles, lequel, laquelle, qui, où, ou, combien, comment, quand
            pourquoi, est, es, sont, était, y, ya, a, as, ai, avez, avons, reste, il, ils, elle, elles, on, je, j, tu
            vous, nous, c, ça, t, peux, peut, pouvez, pourrais, pourriez, pourrait, puis, veux, voulez, voudrais
            voudriez, aimerais, sais, savez, saurais, dois, doit, devrais, faut, serait, encore, à, certains, certaines
        """)
    ),
)
