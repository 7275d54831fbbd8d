"""French. Entries begin with a consonant where a frame says "de" or "que" before them; adjectives fit both genders."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries, lines, spun

WORDS: Mapping[str, tuple[str, ...]] = {
    # Without an article, never with a vowel in front: "à", "de", "pour".
    "city": entries("""
        paris, lyon, marseille, bordeaux, nantes, toulouse, lille, strasbourg, bruxelles, genève, montréal, londres
        berlin, madrid, lisbonne, rome, tokyo, new york, dakar, tunis, venise, prague, moscou, dublin, barcelone
        casablanca, vienne, rennes, grenoble, biarritz
    """),
    # After "en".
    "country": entries("""
        france, espagne, italie, grèce, suède, norvège, chine, inde, australie, argentine, algérie, tunisie, turquie
        islande, écosse, irlande, russie, pologne, égypte, corse, belgique, suisse, allemagne, colombie
    """),
    # One person, never "le" or "la": "de", "à", "que".
    "person": entries("""
        mon frère, ma sœur, ta mère, ton chef, notre voisin, sa cousine, leur fils, mon dentiste, ma tante, thomas
        julie, ton père, sa copine, mon patron, notre propriétaire, votre collègue, ma belle-mère, mon prof de maths
        ton cousin, nicolas, sophie, mamie, papa, leur fille, mon parrain, sa meilleure amie
    """),
    "figure": entries("""
        napoléon, marie curie, molière, victor hugo, jeanne d'arc, louis xiv, picasso, mozart, charlemagne, cléopâtre
        jules verne, maradona, gandhi, vercingétorix, georges brassens, beethoven, galilée, pasteur, balzac, van gogh
        simone veil, newton, coluche, poulidor
    """),
    # With an article, so never after "de" or "à".
    "somebody": entries("""
        le dentiste, le plombier, le médecin, l'ostéopathe, le notaire, la directrice, le vétérinaire, la dermato
        le banquier, la gardienne, le garagiste, l'avocate, le coiffeur, l'opticien, la nounou, le kiné, le tatoueur
        la pharmacienne, l'assureur, la psy
    """),
    "thing": entries("""
        le téléphone, l'avion, la pénicilline, le vélo, l'imprimerie, la roue, le papier, le savon, le parapluie
        la boussole, le microscope, le chocolat, l'accordéon, le parachute, la poudre à canon, le violon
        la fermeture éclair
        le champagne, la montgolfière, le ballon de foot, le piano, la dynamite, le sous-marin, le camembert, le béton
    """),
    "topic": entries("""
        la démocratie, l'inflation, la gravité, la photosynthèse, la philosophie, le jazz, la bourse, l'opéra
        l'intelligence artificielle, la retraite, le bouddhisme, la grippe, l'amour, la révolution française
        le théorème de pythagore, la laïcité, le surréalisme, l'évolution, la guerre froide, le rugby, l'algèbre
        la mythologie grecque, le réchauffement climatique, le big bang
    """),
    # What one makes, orders or eats.
    "food": entries("""
        des lasagnes, une quiche, une ratatouille, un gratin, du couscous, des crêpes, une blanquette, une omelette
        un pot-au-feu, une tarte aux pommes, des sushis, un risotto, une raclette, du cassoulet, une choucroute
        un gâteau au chocolat, une salade niçoise, des moules frites, un steak haché, une soupe à l'oignon
        un bœuf bourguignon, des gaufres
    """),
    # After "de".
    "dish": entries("""
        pâte à crêpes, quiche lorraine, gratin dauphinois, blanquette, mousse au chocolat, tarte tatin, tajine
        cassoulet, ratatouille, pain perdu, gâteau au yaourt, paella, soupe de potiron, béchamel, mayonnaise
        risotto, curry de légumes, boulettes, couscous, riz au lait, vinaigrette, brioche
    """),
    "past": entries("""
        hier, la semaine dernière, lundi dernier, avant-hier, l'an dernier, l'été dernier, hier matin, l'autre jour
        il y a deux ans, pendant les vacances, ce matin, le mois dernier, hier soir, samedi dernier, à noël dernier
        il y a trois jours, au printemps dernier
    """),
    "soon": entries("""
        demain, la semaine prochaine, vendredi, ce soir, ce week-end, après le déjeuner, lundi matin, dans deux jours
        en juin, avant noël, mardi prochain, cet été, dimanche, début mars, en fin de journée, à pâques
        après-demain, samedi soir, à la rentrée
    """),
    "account": entries("""
        mon compte courant, mon livret a, ma carte bleue, mon crédit auto, mon assurance vie, mon abonnement internet
        ma mutuelle, mon prêt immobilier, mon forfait mobile, mon plan épargne, ma carte de fidélité, mon compte joint
        mon assurance habitation, ma carte de crédit, mon compte pro, mon contrat d'électricité
    """),
    "number": entries("""
        12, quatorze, 250, dix-neuf, 7, trois cents, 48, soixante-six, 1000, quatre-vingt-dix, 33, onze, 5
        vingt-cinq, 80, soixante-quinze, deux mille
    """),
    "language": entries("""
        espagnol, anglais, allemand, italien, néerlandais, coréen, arabe, grec, russe, latin, japonais, portugais
        chinois, breton, turc
    """),
    "work": entries("""
        mon rapport, ma lettre de motivation, ma dissertation, mon discours, mon mémoire, mon cv, mon exposé
        mon poème, ma thèse, ma présentation, mon article, mon roman, ma rédaction, mon devoir d'anglais
        mon compte rendu
    """),
    "animal": entries("""
        un cheval, une girafe, un requin, un aigle, une grenouille, un hamster, une vache, un perroquet, un loup
        un escargot, une abeille, un poisson rouge, un tigre, un écureuil, un canard, une chèvre, un manchot
        une tortue, une fourmi, un lapin, un chameau, une chouette, une souris, un dauphin, un hérisson
    """),
    # The same for women and men, without an article.
    "job": entries("""
        journaliste, dentiste, pilote, architecte, comptable, garagiste, libraire, juge, vétérinaire, médecin
        ingénieur, bibliothécaire, secrétaire, peintre, notaire, kiné, graphiste, fleuriste, interprète, chimiste
        photographe, guide de montagne, prof de maths, astronaute
    """),
    # After "faire", and as "of it" after a noun.
    "sport": entries("""
        du tennis, du judo, de la natation, de l'escalade, du basket, du ski, de l'escrime, de la boxe, du volley
        du rugby, de l'équitation, du golf, du handball, de la voile, du surf, du hockey, du badminton
        de l'aviron, du karaté, du cyclisme
    """),
    # After "mal".
    "ache": entries("""
        au genou, à la tête, à l'épaule, aux dents, au ventre, au dos, à la gorge, à l'oreille, au cou, au poignet
        à la cheville, au coude, aux pieds, à l'estomac, à la hanche, au pouce, aux yeux, à la mâchoire
    """),
    "trait": entries("""
        bizarre, triste, célèbre, riche, drôle, pauvre, honnête, égoïste, timide, calme, aimable, fragile, jeune
        sage, bête, sévère, stupide, sympa, sensible, sincère, modeste, solitaire, ridicule, lâche, optimiste
        fidèle
    """),
    # After "je suis" and "tu es".
    "feeling": entries("""
        fatigué, contente, en retard, perdu, malade, amoureuse, de mauvaise humeur, à bout, pressé, au régime
        en colère, trop vieux pour ça, crevée, débordé, inquiète, un peu déçu, jalouse, fauché, à jeun
        encore en pyjama, au courant, stressée
    """),
    "doing": entries("""
        fumer, chanter, conduire, déménager, voyager seul, changer de travail, courir, mentir, danser, nager
        partir à l'étranger, faire un régime, manger moins de viande, travailler de nuit, parler en public
        jouer au loto, boire du café, prendre l'avion, perdre du poids, tricoter, camper, skier, faire la sieste
        reprendre des études, grignoter
    """),
    "goods": entries("""
        des baskets, un ordinateur portable, un manteau d'hiver, des lunettes de soleil, une robe de mariée
        un casque de vélo, un sac à dos, une voiture d'occasion, un jean, des couches, une tente, une bague
        un matelas, des timbres, des pneus neige, un canapé-lit, des places de concert, des vitamines, un maillot
        une poussette, un parfum, des bottes, une guitare
    """),
    "mine": entries("""
        mes lunettes, mon sac, ma veste, mon portefeuille, mes clés, ma montre, mon passeport, mes chaussures
        mon écharpe, mon chargeur, ma trousse, mes gants, mon parapluie, mon carnet, ma casquette, mon vélo
        mes papiers, mon casque
    """),
}
"""Word list -> its entries."""

_IT = "(ça|celui-là|celle-là|celui-ci|ceux-là|cette chose|l'autre)"

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": lines("""
        combien y a-t-il d'habitants à {city}
        à combien de kilomètres se trouve {city}
        qu'est-ce qu'il y a à voir à {city}
        quel est le meilleur quartier de {city}
        est-ce que {city} vaut le détour
        quelle est la distance entre {city} et {city}
        qui est le maire de {city}
        comment s'appellent les habitants de {city}
        quelle langue parle-t-on en {country}
        quelle monnaie on utilise en {country}
        qui dirige le gouvernement en {country}
        est-ce qu'il faut un vaccin pour aller en {country}
        que mange-t-on à noël en {country}
        on roule à gauche ou à droite en {country}
        qui a inventé {thing}
        en quelle année a-t-on inventé {thing}
        comment faisait-on avant {thing}
        d'où vient {thing}
        comment est-ce qu'on fabrique {thing}
        c'est quoi exactement {topic}
        explique-moi {topic}
        tu peux m'expliquer {topic} en deux phrases
        à quoi sert {topic}
        que penses-tu de {figure}
        qui était {figure}
        quand a vécu {figure}
        où habitait {figure}
        quel âge avait {figure} à sa mort
        donne-moi trois anecdotes sur {figure}
        pourquoi {figure} est si célèbre
        combien font {number} fois {number}
        ça fait combien {number} plus {number}
        ça fait combien {number} divisé par {number}
        quelle est la racine carrée de {number}
        est-ce que {number} est un nombre premier
        combien de pattes a {animal}
        que mange {animal}
        combien de temps vit {animal}
        qui gagnerait entre {animal} et {animal}
        à quelle vitesse se déplace {animal}
        est-ce qu'on peut apprivoiser {animal}
        combien gagne un bon {job}
        quelles études faut-il faire pour devenir {job}
        tu crois que je devrais devenir {job}
        quelles sont les règles {sport}
        à partir de quel âge peut-on faire {sport}
        ça coûte cher de faire {sport}
        pourquoi j'ai mal {ache} le matin
        que faire quand on a mal {ache}
        est-ce dangereux de {doing}
        à quel âge peut-on commencer à {doing}
        comment arrêter de {doing}
        pourquoi certaines personnes ont peur de {doing}
        quel est le contraire de {trait}
        donne-moi un synonyme de {trait}
        comment dit-on bonsoir en {language}
        que veut dire ce mot en {language}
        comment on écrit {trait} en {language}
        combien de calories y a-t-il dans {food}
        qu'est-ce qu'on boit avec {food}
        comment réussir {food} à tous les coups
        combien de temps faut-il pour préparer {food}
        où est-ce qu'on trouve {goods} pas cher
        combien ça coûte {goods} en moyenne
        comment tu t'appelles
        quel âge as-tu
        est-ce que tu es un vrai être humain
        tu crois aux fantômes
        est-ce que vous avez des sentiments
        pourquoi le ciel est bleu
        combien de jours il y a en février
        combien y a-t-il de planètes
        comment on fait un nœud de cravate
        qui a écrit les misérables
        quel est le plus long fleuve du monde
        pourquoi on bâille
        faut-il mettre un s à la fin
        comment enlever une tache de vin rouge
        c'est un rhume ou une grippe
        qui a gagné la coupe du monde en 98
    """),
    "talk": lines("""
        je suis {feeling}
        pourquoi tu es {feeling}
        laisse-moi tranquille je suis {feeling}
        pardon mais je suis {feeling}
        tu as parlé à {person} {past}
        j'ai croisé {person} {past}
        {person} m'a appelé {past}
        tu ne devineras jamais ce que {person} a dit
        je te jure que {person} a fait ça
        il paraît que {person} veut devenir {job}
        on va chez {person} {soon}
        {person} vient manger {soon}
        je m'en fiche de ce que pense {person}
        je trouve que {person} est trop {trait}
        tu savais que {person} habite à {city}
        qu'est-ce qu'on offre à {person} pour son anniversaire
        vous avez des nouvelles de {person}
        embrasse {person} de ma part
        {person} ne supporte pas {figure}
        elle est tellement {trait} que ça m'énerve
        ne sois pas si {trait}
        il est {trait} mais je l'aime bien
        c'est {trait} ce que tu dis
        on est allés à {city} {past}
        ils ont déménagé à {city} {past}
        j'aimerais bien vivre à {city}
        on pourrait partir en {country} {soon}
        je ne suis jamais allé en {country}
        j'ai travaillé comme {job} en {country}
        sa mère était {job} à {city}
        quand je serai grand je serai {job}
        j'ai rendez-vous chez {somebody} {soon}
        {somebody} a encore annulé
        il faut payer {somebody} {soon}
        tu as eu {somebody} au téléphone
        je me suis disputée avec {somebody} {past}
        on mange {food} {soon}
        qui a envie de manger {food}
        maman a préparé {food} {past}
        tu préfères {food} ou {food}
        j'ai mal {ache} depuis des jours
        tu as encore mal {ache}
        je n'ai plus envie de {doing}
        tu ferais mieux de {doing}
        elle a décidé de {doing}
        mon rêve ce serait de {doing}
        ça ne sert à rien de {doing}
        je dois rendre {work} {soon}
        tu as vu {mine}
        où est-ce que tu as mis {mine}
        on m'a volé {mine} {past}
        je ne retrouve plus {mine}
        rends-moi {mine} tout de suite
        il m'a offert {goods} {past}
        je cherche {goods} pour mon neveu
        les enfants veulent {animal}
        on a vu {animal} dans le pré {past}
        il me reste {number} euros
        tu me dois {number} euros
        je me suis remis à faire {sport}
        elle s'est inscrite pour faire {sport}
        j'ai encore eu une sale note en {language}
        viens ici deux secondes
        dépêche-toi on va rater le train
        mange avant que ça refroidisse
        alors tu as passé une bonne journée
        bonne nuit dors bien
        arrête de m'embêter
        c'est pas moi c'est lui
        tu racontes n'importe quoi
        qu'est-ce qu'on mange
        c'est à ton tour de faire la vaisselle
        va te brosser les dents
        joyeux anniversaire mon chéri
        toutes mes condoléances
        je vous en prie asseyez-vous
        tu m'écoutes quand je te parle
        fais attention c'est chaud
        parce que c'est comme ça
        ça m'est complètement sorti de la tête
    """),
    "television": lines("""
        et maintenant les nouvelles de {city}
        restez avec nous on se retrouve juste après la pub
        notre envoyé spécial est en direct de {city}
        un incendie s'est déclaré près de {city} {past}
        le ministre sera en déplacement à {city} {soon}
        le procès s'ouvrira {soon} à {city}
        la police recherche un témoin à {city}
        les prix ont augmenté de {number} pour cent en {country}
        la grève se poursuit en {country}
        des chercheurs ont publié une étude sur {topic}
        ce soir grand débat sur {topic}
        le président s'est exprimé sur {topic} {past}
        pour {number} points qui a inventé {thing}
        la bonne réponse était {thing}
        c'est votre dernier mot
        les candidats ont {number} secondes pour répondre
        il repart avec {number} mille euros
        but magnifique but à la dernière minute
        les bleus mènent {number} à 3
        une légende {sport} nous rejoint sur ce plateau
        quel match mes amis quel match
        mesdames et messieurs bonsoir
        veuillez accueillir notre prochain invité
        dans les épisodes précédents
        je ne t'ai jamais aimé et {person} le sait
        vous avez le droit de garder le silence
        l'assassin c'est {somebody}
        un témoin affirme avoir vu {somebody} à {city}
        sortez d'ici ou j'appelle la police
        un film sur la vie de {figure}
        une soirée spéciale consacrée à {figure}
        loin des siens {animal} ne survit pas longtemps
        laissez mijoter puis ajoutez les carottes
        à la carte aujourd'hui {food} façon grand-mère
        cette semaine seulement {goods} à moitié prix
        appelez maintenant et recevez {goods} en cadeau
        à consommer avec modération
        un français sur trois rêve de {doing}
        demandez conseil à votre pharmacien
        le cac 40 termine en baisse
        les électeurs sont appelés aux urnes {soon}
        il était une fois un roi très {trait}
        cette crème va changer votre vie
        elle a quitté l'aventure {past}
        ce programme est déconseillé aux moins de dix ans
        merci à tous et à très vite
        un {job} de {city} remporte le gros lot
    """),
    "skill": lines("""
        réserve un vol pour {city} {soon}
        trouve-moi un hôtel à {city}
        combien coûte un billet de train pour {city}
        à quelle heure part le prochain bus pour {city}
        est-ce que mon vol pour {city} a du retard
        y a-t-il des bouchons vers {city}
        loue une voiture à {city} {soon}
        emmène-moi à {city} par l'itinéraire le plus court
        quels sont les bons restaurants de {city}
        est-ce qu'il me faut un visa pour aller en {country}
        quel est le taux de change en {country}
        appelle-moi un taxi
        j'ai besoin d'un taxi {soon}
        appelle {person}
        envoie un mail à {person}
        envoie un sms à {person} pour dire que je suis {feeling}
        réponds à {person} que je suis {feeling}
        lis-moi le dernier message de {person}
        transfère ce mail à {person}
        partage ma position avec {person}
        fais un virement de {number} euros à {person}
        envoie des fleurs à {person} {soon}
        planifie une réunion avec {person} {soon}
        qu'est-ce que j'ai dans mon agenda {soon}
        décale mon rendez-vous avec {somebody}
        prends rendez-vous chez {somebody} {soon}
        jusqu'à quelle heure je peux passer chez {somebody}
        comment faire pour résilier {account}
        quels sont les frais de {account}
        j'ai une question sur {account}
        où puis-je voir les détails de {account}
        je ne comprends rien à {account}
        combien j'ai dépensé {past}
        quel est le solde de mon compte
        fais opposition sur ma carte
        on m'a débité {number} euros par erreur
        augmente mon plafond de paiement
        je voudrais parler à un conseiller
        traduis bonjour en {language}
        comment ça se prononce en {language}
        donne-moi une leçon de vocabulaire en {language}
        donne-moi la recette de {dish}
        combien de farine pour une pâte de {number} personnes
        qu'est-ce que je peux cuisiner avec des œufs et du riz
        livre-moi {food} {soon}
        commande {food} chez le traiteur
        réserve une table pour {number} {soon}
        relis {work}
        corrige les fautes dans {work}
        résume {work} en dix lignes
        imprime {work} en {number} exemplaires
        raconte-moi une blague sur {figure}
        raconte une histoire avec {animal}
        quel bruit fait {animal}
        pose-moi une devinette
        pile ou face
        choisis un nombre entre 1 et {number}
        convertis {number} miles en kilomètres
        cherche {topic} sur internet
        conseille-moi un livre sur {topic}
        achète {goods} pour {person}
        compare les prix pour {goods}
        où en est ma commande
        je veux retourner le colis que j'ai reçu {past}
        est-ce que vous avez {goods} en promotion
        trouve-moi un emploi de {job} à {city}
        qui a gagné le match {past}
        quel est le classement de la ligue 1
        contre qui joue {city} {soon}
        combien de pas j'ai faits {past}
        combien de calories j'ai brûlées {past}
        trouve-moi un club pour faire {sport} à {city}
        quel est mon horoscope
        pose un jour de congé {soon}
        combien de jours de vacances il me reste
        comment renouveler ma carte d'identité
        où est la station-service la plus proche
        sauvegarde mes fichiers
        génère un mot de passe
        parle plus lentement
    """),
    # In the words of a home, of something else.
    "near": lines("""
        tourne à gauche après l'église
        tourne la page et continue à lire
        tourne sept fois ta langue dans ta bouche
        mets la table {person} arrive
        mets ton manteau on sort
        mets du sel dans l'eau des pâtes
        mets-toi à la place de {person}
        elle a mis {number} ans à devenir {job}
        ouvre la bouche et dis ah
        ouvre ton cahier à la page {number}
        ouvre ton cadeau c'est de la part de {person}
        ouvrir un restaurant à {city} c'est mon rêve
        est-ce que le musée de {city} est ouvert {soon}
        ferme les yeux et pense à {person}
        ferme ta bouche quand tu manges
        ferme-la et écoute {person}
        ils ont fermé l'usine de {city} {past}
        c'est fermé le lundi chez {somebody}
        {person} a allumé un cierge à l'église
        éteins ta cigarette il y a des enfants
        le volcan est éteint depuis {number} siècles
        la lumière au bout du tunnel
        quelle est la vitesse de la lumière
        {person} n'a pas la lumière à tous les étages
        au feu rouge tu prends à droite
        monte dans la voiture on va à {city}
        monte te coucher il est tard
        descends de cet arbre tout de suite
        baisse la tête c'est bas
        baisse un peu la voix {person} dort
        lève la main avant de parler
        lève-toi on va être en retard
        la température du soleil
        à quelle température fond le plomb
        quelle est la température normale pour {animal}
        je crois que {person} a de la température
        est-ce qu'il fait plus froid en {country} qu'à {city}
        ça chauffe entre {person} et {somebody}
        joue avec ta sœur
        joue au ballon dehors avec {person}
        qui joue le rôle de {figure} dans ce film
        arrête de taper ton frère
        arrête tout de suite de {doing}
        il a arrêté de {doing} {past}
        lance la balle au chien
        passe-moi le sel s'il te plaît
        passe le bonjour à {person}
        c'est au tour de {person} de jouer
        la prochaine fois on ira en {country}
        mon frère s'est enfermé dehors
        la clé du bonheur c'est de {doing}
        il a pris la porte sans dire au revoir
        le rideau tombe et le public applaudit
        quel est le volume d'un cube
        tais-toi
        chut {person} essaie de dormir
        quelle heure est-il à {city}
        c'est l'heure de partir à l'école
        en quelle année a eu lieu la bataille de {city}
        combien de temps ça prend pour aller à {city}
        dans {number} minutes on arrive chez {somebody}
        il y a {number} minutes j'étais encore chez {person}
        rappelle-moi comment s'appelle {person}
        ajoute {number} et {number}
        ajoute {person} à tes amis
        annule mon rendez-vous chez {somebody}
        quelle est la liste des rois de france
        nettoie tes lunettes tu n'y vois rien
        coupe le pain en tranches
        coupe-toi les ongles
        il se laisse tondre la laine sur le dos
        où travaille {person}
        combien de gens vivent en {country}
        est-ce que {person} est toujours {job}
        est-ce qu'il y a un médecin dans la salle
        la maison blanche est à washington
        rentre à la maison {person} t'attend
        qui a écrit cette chanson sur {figure}
        change de ton quand tu parles à {person}
        change {number} euros en dollars
        règle tes problèmes avec {person}
        annonce la nouvelle à {person} {soon}
        ne fais pas de scène devant {somebody}
        un vent de panique souffle sur {city}
    """),
    # Of what nobody can know: a device remembers no sentence.
    "pointing": spun(
        """
        (éteins|allume|ouvre|ferme|verrouille|baisse|monte|active|désactive|rallume)(-| )(le|la|les)
        (éteins|allume|ouvre|ferme|verrouille|baisse|monte|active) IT
        (éteins|allume|ouvre|ferme)(-| )(le|la|les) (s'il te plaît|aussi|maintenant|un peu)
        (éteins|allume|ouvre|ferme) IT (s'il te plaît|aussi|maintenant)
        (peux-tu|tu peux) (l'éteindre|l'allumer|l'ouvrir|la fermer|le fermer|les éteindre|les ouvrir)
        (peux-tu|tu peux) (éteindre|allumer|ouvrir|fermer) IT
        (mets|règle)(-| )(le|la|les) à {number} (pour cent|degrés)
        (mets|règle) IT (à|sur) {number}
        mets(-| )(le|la|les) en (bleu|rouge|vert)
        mets IT en (bleu|rouge|vert)
        laisse(-| )(le|la|les) (comme ça|tranquille)
        fais pareil (avec|pour) IT
        et IT aussi
        est-ce que IT est (allumé|ouvert|fermé)
    """.replace("IT", _IT)
    ),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""
