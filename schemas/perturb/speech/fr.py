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
            ben euh, donc euh, alors euh, euh voilà, laisse-moi réfléchir, c'est quoi déjà, comment déjà, machin, quoi
            bref, ma foi, j'allais dire
        """),
        openers=entries("""
            bon, alors, bonjour, bonsoir, salut, coucou, allô, dis, dis donc, dis-moi, dites, dites-moi
            tenez, tiens, eh, hé, hep, euh, ben, donc, ok, d'accord, ah oui, ah tiens, bon ben, bon alors, eh bien, bref
            excusez-moi, au fait, à propos, d'ailleurs, en fait, ah et puis, voilà, oh là là, c'est moi
            tant que j'y pense, avant que j'oublie, ordinateur, assistant, chéri, ma chérie, merci, s'il te plaît
            écoute, hey, écoute-moi, pardon, excuse-moi, euh bonjour, eh dis, écoutez, écoutez-moi, écoute-moi bien
            bonjour toi, salut toi, coucou toi, yo, wesh, rebonjour, bien le bonjour, bonjour à toi, bonsoir à tous
            salut tout le monde, bonjour la maison, bonsoir la maison, coucou la maison, bonjour mon ami, salut l'ami
            salut mon pote, salut ma belle, bonjour ma chérie, mec, frérot, bon écoute, alors écoute, alors voilà
            ok écoute, bon ben alors, eh bien voilà, bon allez, allez, allez hop, bon d'accord, très bien, parfait
            tu m'entends, est-ce que tu m'entends, vous m'entendez, tu es là, est-ce que tu es là, il y a quelqu'un
            tu m'écoutes, t'as un moment, c'est encore moi, me revoilà, me voilà, je suis rentré, je suis rentrée
            je viens de rentrer, je rentre à l'instant, on vient de rentrer, je suis à la maison, enfin à la maison
            enfin chez moi, me voilà enfin chez moi, ça va, salut ça va, comment ça va, comment tu vas
            bonjour comment allez-vous, tu vas bien, bien dormi, j'espère que tu vas bien, j'ai une question
            j'ai une petite question, dis j'ai une question, j'aurais une question, j'ai un truc à te demander
            j'ai quelque chose à te demander, j'aurais besoin d'aide, j'ai besoin de toi
            j'ai besoin d'un coup de main, tu peux m'aider, est-ce que tu peux m'aider, pourriez-vous m'aider
            j'ai un petit service à te demander, je voulais te demander, je peux te demander un truc
            puis-je vous déranger, je te dérange, excusez-moi de vous déranger, je vous prie de m'excuser
            pardonnez-moi, si je peux me permettre, c'est urgent, c'est pressé, je suis pressé, tiens au fait
            ah au fait, ah oui au fait, ah mince, oh là là quelle journée, quelle journée, j'ai eu une longue journée
            je suis crevé, je suis trop fatiguée, j'en peux plus, j'ai les mains prises, j'ai les mains pleines
            j'ai le bébé dans les bras, j'ai trop la flemme, je viens de penser à un truc, j'y pense
            pendant que je te tiens, je me disais, je pensais à un truc, tu vas rire, figure-toi, on attend du monde
            les enfants dorment, je sors du travail, je rentre du boulot, je rentre des courses
            je cherche mes lunettes, heureusement que t'es là, content de te retrouver, ouf, purée, mon dieu
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
            sois gentille, rends-moi service, rends-moi un service, rends-moi un service et
            rends-moi un petit service, rends-moi un petit service et, s'il te plaît sois gentil
            s'il te plaît fais-moi plaisir, aide-moi, aide-moi s'il te plaît et, aide-moi un coup et, viens m'aider et
            donne-moi un coup de main, donne-moi un coup de main et, donne-moi un coup de main s'il te plaît
            file-moi un coup de main et, sois sympa, allez sois sympa, allez sois gentil, allez fais-moi plaisir
            tu serais gentil, tu serais gentille, tu serais un amour, tu serais un ange, sois un amour, sois un ange
            sois mignon, sois chou, sois cool, sois cool et, sois chic, sois adorable et, sois adorable
            sois bien gentille et, sois brave et, sois sage et, par pitié, de grâce, par gentillesse, si tu veux bien
            si tu veux bien m'aider, si tu peux, si ça ne te dérange pas, si ça te dérange pas, si tu permets
            si tu veux me faire plaisir, si tu veux être gentil, est-ce que tu peux m'aider
            est-ce que tu pourrais m'aider, est-ce que tu veux bien m'aider, tu peux m'aider, tu pourrais m'aider
            tu veux bien m'aider, tu voudrais bien m'aider, tu peux me rendre un service
            tu peux me rendre un petit service, tu pourrais me rendre un service, tu me rends un service
            tu veux bien me rendre service, peux-tu m'aider, peux-tu me rendre un service, pourrais-tu m'aider
            pourrais-tu me rendre un petit service, veux-tu bien m'aider, veux-tu me faire plaisir
            je peux te demander un service, je peux te demander une faveur, puis-je te demander un service
            puis-je te demander une faveur, j'ai un service à te demander, j'ai un petit service à te demander
            j'ai une faveur à te demander, j'aurais un service à te demander, je te demande un service
            je te demande une petite faveur, fais-moi une faveur, fais-moi une faveur et, fais-moi une fleur
            fais-moi ce plaisir, fais-moi l'amitié de m'aider et, fais-moi ce petit plaisir et, fais un geste et
            fais un effort et, fais ça pour moi, fais-le pour moi, je voudrais que tu fasses ça
            je voudrais que tu fasses la chose suivante, j'aimerais que tu fasses la chose suivante
            j'aimerais que tu m'aides, fais ce que je te dis, voilà ce que tu vas faire, voici ce que je te demande
            j'ai besoin de ton aide, j'ai besoin que tu m'aides, j'ai une mission pour toi, j'ai un travail pour toi
            j'ai du boulot pour toi, rends-toi utile, rends-toi utile et, montre-moi ce que tu sais faire et
            allez dépêche-toi, aie la gentillesse de m'aider et, aie pitié et, aie pitié de moi et
            simplifie-moi la vie et
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
            merci c'est gentil, merci c'est sympa, merci t'es un amour, merci t'es un ange, merci infiniment
            bon merci, merci mon chou, si ça ne t'ennuie pas, si ça ne vous ennuie pas, si tu permets
            si vous permettez, si ce n'est pas trop demander, si c'est pas trop demander, sans vouloir te commander
            sans vouloir vous commander, si je peux me permettre, je t'en supplie, par pitié, de grâce, sois gentil
            sois sympa, sois un amour, soyez gentil, soyez aimable, ayez la gentillesse, tu serais gentil
            tu serais un ange, vous seriez bien aimable, vous seriez gentil, ce serait sympa, ça serait cool
            ça serait gentil de ta part, ce serait vraiment gentil, ce serait aimable à vous, ça serait bien
            ça serait pas mal, ça m'arrangerait bien, ça m'aiderait beaucoup, tu me rendrais un grand service
            tu me sauves la vie, tu me sauves, t'es un chef, t'es le meilleur, t'es au top, tu gères, t'es adorable
            vous êtes bien aimable, mon cher, mon pote, mec, frérot, mon chou, ma puce, tu peux, tu pourrais
            c'est possible, c'est faisable, ça marche, ça te va, tu m'as entendu, t'as bien compris, c'est bien noté
            entendu, et que ça saute, faites vite, dépêche-toi s'il te plaît, grouille-toi, magne-toi, allez quoi
            allez zou, vas-y, c'est urgent, c'est assez urgent, ça urge, ça presse, le temps presse
            je suis à la bourre, je suis en retard, on est en retard, je dois partir, je dois filer
            il faut que j'y aille, faut que je file, on doit y aller, je file, je me sauve, je pars au travail
            je vais rater mon bus, je vais rater mon train, tant que j'y pense, sinon je vais oublier
            j'oublie tout le temps, j'allais oublier, j'ai failli oublier, j'y vois rien, je n'y vois rien
            je vois que dalle, que j'y voie quelque chose, pour que j'y voie mieux, comme ça je vois mieux
            comme ça je peux lire, que je puisse lire, j'ai envie de lire, je voudrais lire, j'ai du travail
            je dois travailler, je travaille, je dois me concentrer, j'essaie de me concentrer
            je veux être tranquille, qu'on soit tranquilles, le bébé dort, le petit dort, la petite dort
            les enfants dorment, ma femme dort, tu vas réveiller le bébé, j'ai le bébé dans les bras
            j'ai les mains prises, j'ai les mains sales, j'ai la flemme de me lever, j'ai la flemme
            je suis bien installé, je peux pas bouger, je suis épuisée, je suis mort de fatigue, je suis naze
            j'en peux plus, je tombe de sommeil, j'ai sommeil, j'ai eu une longue journée, la journée a été longue
            j'ai mal à la tête, j'ai mal au dos, j'ai mal aux yeux, j'ai la migraine, je suis malade, on a des invités
            on attend du monde, les invités arrivent, ma belle-mère arrive, ma mère est là, les voisins vont râler
            on mange, le repas est prêt, je fais à manger, j'ai vraiment la flemme, je cherche mes lunettes
            je cherche mes clés, je cherche un truc, le chien a peur, le chat devient fou, ça m'énerve, ça me rend fou
            ça m'agace, ça me fatigue, ça me gêne, c'est important, c'est plus agréable, c'est plus joli, c'est mieux
            c'est mieux comme ça, comme ça on est bien, ce sera mieux, je préfère, je préfère comme ça, j'aime mieux
            j'aime bien comme ça, j'en ai besoin, j'en ai vraiment besoin, tu me connais, je compte sur toi
            je compte sur vous, heureusement que t'es là, qu'est-ce que je ferais sans toi, je t'adore
            je te le revaudrai, je te revaudrai ça, fais ça pour moi, c'est pour la bonne cause, voilà voilà
            et puis voilà, et basta, bon sang, nom d'un chien, bon dieu
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
