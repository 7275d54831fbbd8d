"""What German, French, Spanish and Dutch homes are called and speak like, beside the templates: data alone.

All written for this project. Kept small: rooms, floors and things as people name them, what tells things of one kind
apart, and the words with which commands are joined, corrected and made polite. Everything else that a home says
(titles, messages, errands) is English or invented in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.perturb.word_list import entries


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one language adds."""

    things: Mapping[str, tuple[str, ...]]
    """Kind of name (`names.pool`) -> names; the first half is everyday words, which no product may be ignorant of."""
    tails: tuple[str, ...]
    """What follows a thing of which there are several."""
    of: str
    """Between a thing and its owner."""
    between: tuple[str, ...]
    """What stands between two commands; the first between two things."""
    determiners: tuple[str, ...]
    opposites: tuple[tuple[str, str], ...]
    polite_starts: tuple[str, ...]
    """Before a question only the first is said."""
    polite_ends: tuple[str, ...]

    def before_any_word(self) -> tuple[str, ...]:
        """Return the determiners that any word may follow: "l'" is for some alone."""
        return tuple(each for each in self.determiners if each.endswith(" "))


VOCABULARIES: Mapping[str, Vocabulary] = {
    "de": Vocabulary(
        things={
            "area": entries("""
                küche, wohnzimmer, schlafzimmer, bad, badezimmer, esszimmer, flur, büro, kinderzimmer, gästezimmer
                garage, garten, arbeitszimmer, balkon, terrasse, waschküche, abstellraum, gäste wc, eingang, werkstatt
                diele, ankleide, wintergarten, heizungsraum, hobbyraum, spielzimmer, vorratskammer, bibliothek
                speisekammer, carport, hof, gartenhaus, musikzimmer, elternzimmer, nähzimmer, gewächshaus
            """),
            "floor": entries("""
                erdgeschoss, obergeschoss, keller, dachboden, erster stock, zweiter stock, dritter stock, souterrain
                dachgeschoss, untergeschoss, zwischengeschoss, galerie
            """),
            "light": entries("""
                stehlampe, schreibtischlampe, nachttischlampe, deckenlampe, leselampe, lichterkette, wandlampe
                spiegellampe, kronleuchter, leuchtstreifen, salzlampe, klavierlampe, stehleuchte, arbeitsleuchte
                gartenlaterne
            """),
            "switch": entries("""
                kaffeemaschine, wasserkocher, waschmaschine, steckdose, spülmaschine, trockner, toaster, drucker
                teichpumpe, ladegerät, brotbackautomat, handtuchwärmer, heizdecke, reiskocher
            """),
            "fan": entries("deckenventilator, turmventilator, abluft, standventilator, dunstabzug, badlüfter"),
            "media_player": entries("""
                fernseher, lautsprecher, stereoanlage, plattenspieler, beamer, küchenradio, soundleiste, verstärker
                heimkino, spielekonsole
            """),
            "climate": entries("heizung, thermostat, klimaanlage, fußbodenheizung, wärmepumpe, kaminofen, heizlüfter"),
            "cover": entries("rollladen, jalousie, markise, vorhang, rollo, garagentor, dachfenster, plissee"),
            "lock": entries("haustür, hintertür, kellertür, tresor, gartentor, briefkasten, fahrradschloss, nebentür"),
            "vacuum": entries("staubsauger, saugroboter, wischroboter, putzroboter"),
            "lawn_mower": entries("rasenmäher, mähroboter, rasenroboter, mähmaschine"),
            "shopping_list_item": entries("""
                milch, brot, eier, butter, äpfel, käse, nudeln, kaffee, tee, zucker, mehl, salz, tomaten, kartoffeln
                zwiebeln, bananen, klopapier, spülmittel, zahnpasta, katzenfutter, orangensaft, haferflocken
                hackfleisch, knoblauch, müllbeutel, servietten, linsen, senf, honig, petersilie
            """),
        },
        tails=entries("""
            links, rechts, oben, unten, hinten, vorne, am fenster, am sofa, im regal, neben dem bett, am eingang
            in der ecke, über dem tisch, hinter dem schrank, an der treppe, beim kamin, an der wand, unter der spüle
            mitte, außen, innen
        """),
        of=" von ",
        between=(" und ", " und ", " und ", " und dann ", " dann ", " und auch ", ", und ", ", dann "),
        determiners=("der ", "die ", "das ", "den ", "dem ", "meine ", "meinen "),
        opposites=(("an", "aus"), ("ein", "aus"), ("öffne", "schließe"), ("lauter", "leiser"), ("hoch", "runter")),
        polite_starts=("bitte", "kannst du", "könntest du", "ich möchte", "würdest du"),
        polite_ends=("bitte", "danke", "mal bitte"),
    ),
    "fr": Vocabulary(
        things={
            "area": entries("""
                cuisine, salon, chambre, salle de bain, salle à manger, bureau, couloir, garage, jardin
                chambre d'amis, entrée, terrasse, balcon, buanderie, cave à vin, bibliothèque, toilettes, cellier
                véranda, atelier, dressing, salle de jeux, chambre parentale, vestibule, mezzanine, serre, cour
                abri de jardin, salle de sport, chambre des enfants, séjour, palier, débarras
            """),
            "floor": entries("""
                rez de chaussée, premier étage, sous-sol, grenier, deuxième étage, troisième étage, combles
                étage du haut, étage du bas, dernier étage, entresol
            """),
            "light": entries("""
                lampadaire, lampe de bureau, lampe de chevet, plafonnier, guirlande, applique, liseuse, lustre
                lampe de lecture, ruban lumineux, lampe à sel, suspension, veilleuse, spot du miroir
            """),
            "switch": entries("""
                cafetière, bouilloire, lave-linge, lave-vaisselle, prise, sèche-linge, grille-pain, imprimante
                pompe du bassin, chargeur, machine à pain, sèche-serviettes, couverture chauffante
            """),
            "fan": entries("ventilateur de plafond, hotte, ventilateur, extracteur, brasseur, ventilateur de table"),
            "media_player": entries("""
                télé, télévision, enceinte, chaîne hifi, tourne-disque, vidéoprojecteur, barre de son, amplificateur
                console de jeux, poste de radio
            """),
            "climate": entries("chauffage, thermostat, climatisation, radiateur, pompe à chaleur, chaudière, poêle"),
            "cover": entries("volet, store, rideau, porte de garage, portail, banne, velux, volet roulant"),
            "lock": entries(
                "porte d'entrée, porte de derrière, coffre, portillon, boîte aux lettres, antivol, serrure"
            ),
            "vacuum": entries("aspirateur, robot aspirateur, robot laveur, balayeuse"),
            "lawn_mower": entries("tondeuse, robot tondeuse, tondeuse à gazon, robot de jardin"),
            "shopping_list_item": entries("""
                lait, pain, œufs, beurre, pommes, fromage, pâtes, café, thé, sucre, farine, sel, tomates
                pommes de terre, oignons, bananes, papier toilette, liquide vaisselle, dentifrice, croquettes
                jus d'orange, ail, lentilles, moutarde, miel, persil, riz, poulet, sacs poubelle, serviettes
            """),
        },
        tails=entries("""
            de gauche, de droite, du haut, du bas, du fond, de devant, de la fenêtre, du canapé, de l'étagère, du lit
            de l'entrée, du coin, de la table, du placard, de l'escalier, de la cheminée, du mur, du milieu
        """),
        of=" de ",
        between=(" et ", " et ", " et ", " et puis ", " puis ", " et aussi ", ", et ", ", puis "),
        determiners=("le ", "la ", "les ", "l'", "mon ", "ma ", "mes "),
        opposites=(("allume", "éteins"), ("ouvre", "ferme"), ("augmente", "baisse"), ("monte", "descends")),
        polite_starts=("s'il te plaît", "peux-tu", "tu peux", "est-ce que tu peux"),
        polite_ends=("s'il te plaît", "stp", "merci"),
    ),
    "es": Vocabulary(
        things={
            "area": entries("""
                cocina, salón, dormitorio, baño, comedor, oficina, pasillo, garaje, jardín, cuarto de invitados
                sala de estar, entrada, terraza, balcón, lavadero, despacho, biblioteca, aseo, despensa, taller
                vestidor, recibidor, sala de juegos, cuarto de los niños, habitación principal, patio, invernadero
                porche, gimnasio, azotea, cuarto de costura, trastero
            """),
            "floor": entries("""
                planta baja, primera planta, sótano, ático, segunda planta, tercera planta, piso de arriba
                piso de abajo, primer piso, segundo piso, entreplanta, último piso
            """),
            "light": entries("""
                lámpara de pie, flexo, lámpara de noche, lámpara de techo, guirnalda, aplique, lámpara de lectura
                araña, tira de led, lámpara de sal, lamparita, foco del espejo, farol, plafón
            """),
            "switch": entries("""
                cafetera, hervidor, lavadora, lavavajillas, enchufe, secadora, tostadora, impresora
                bomba del estanque, cargador, panificadora, toallero, manta eléctrica
            """),
            "fan": entries("ventilador de techo, campana, ventilador de torre, extractor, ventilador de pie, aireador"),
            "media_player": entries("""
                tele, televisor, altavoz, equipo de música, tocadiscos, proyector, barra de sonido, amplificador
                consola de juegos, radio de mesa
            """),
            "climate": entries(
                "calefacción, termostato, aire acondicionado, radiador, bomba de calor, caldera, estufa"
            ),
            "cover": entries("persiana, toldo, cortina, estor, puerta del garaje, portón, veneciana, tragaluz"),
            "lock": entries(
                "puerta principal, puerta trasera, caja fuerte, verja, buzón, candado, cerradura, puerta lateral"
            ),
            "vacuum": entries("aspiradora, robot aspirador, robot fregona, barredora"),
            "lawn_mower": entries("cortacésped, robot cortacésped, segadora, robot del césped"),
            "shopping_list_item": entries("""
                leche, pan, huevos, mantequilla, manzanas, queso, pasta, café, té, azúcar, harina, sal, tomates
                patatas, cebollas, plátanos, papel higiénico, lavavajillas líquido, dentífrico, pienso
                zumo de naranja, ajo, lentejas, mostaza, miel, perejil, arroz, pollo, bolsas de basura, servilletas
            """),
        },
        tails=entries("""
            de la izquierda, de la derecha, de arriba, de abajo, del fondo, de delante, de la ventana, del sofá
            de la estantería, de la cama, de la entrada, del rincón, de la mesa, del armario, de la escalera
            de la chimenea, de la pared, del medio
        """),
        of=" de ",
        between=(" y ", " y ", " y ", " y luego ", " luego ", " y también ", ", y ", ", después "),
        determiners=("el ", "la ", "los ", "las ", "mi ", "mis "),
        opposites=(("enciende", "apaga"), ("abre", "cierra"), ("sube", "baja"), ("prende", "apaga")),
        polite_starts=("por favor", "puedes", "podrías", "me puedes"),
        polite_ends=("por favor", "gracias", "porfa"),
    ),
    "nl": Vocabulary(
        things={
            "area": entries("""
                keuken, woonkamer, slaapkamer, badkamer, eetkamer, kantoor, gang, garage, tuin, logeerkamer, werkkamer
                hal, terras, balkon, bijkeuken, studeerkamer, berging, wc, kinderkamer, speelkamer, inloopkast, serre
                voorraadkast, bibliotheek, tuinhuis, hobbykamer, fietsenhok, waskamer, voortuin, achtertuin
                muziekkamer, overloop
            """),
            "floor": entries("""
                begane grond, eerste verdieping, zolder, kelder, tweede verdieping, derde verdieping, bovenverdieping
                benedenverdieping, souterrain, tussenverdieping, vliering
            """),
            "light": entries("""
                staande lamp, bureaulamp, nachtlampje, plafondlamp, leeslamp, lichtslinger, wandlamp, kroonluchter
                spiegellamp, zoutlamp, ledstrip, schemerlamp, buitenlamp, pianolamp
            """),
            "switch": entries("""
                koffiezetapparaat, waterkoker, wasmachine, vaatwasser, stopcontact, droger, broodrooster, printer
                vijverpomp, oplader, broodbakmachine, handdoekdroger, elektrische deken
            """),
            "fan": entries(
                "plafondventilator, afzuigkap, torenventilator, staande ventilator, afzuiger, badkamerventilator"
            ),
            "media_player": entries("""
                televisie, luidspreker, stereo-installatie, platenspeler, beamer, keukenradio, soundbalk, versterker
                spelcomputer, thuisbioscoop
            """),
            "climate": entries("verwarming, thermostaat, airco, vloerverwarming, warmtepomp, houtkachel, straalkachel"),
            "cover": entries("rolluik, jaloezie, zonnescherm, gordijn, garagedeur, rolgordijn, dakraam, luifel"),
            "lock": entries("voordeur, achterdeur, kluis, kelderdeur, poortje, brievenbus, fietsslot, zijdeur"),
            "vacuum": entries("stofzuiger, robotstofzuiger, dweilrobot, veegrobot"),
            "lawn_mower": entries("grasmaaier, robotmaaier, maairobot, gazonmaaier"),
            "shopping_list_item": entries("""
                melk, brood, eieren, boter, appels, kaas, pasta, koffie, thee, suiker, bloem, zout, tomaten
                aardappels, uien, bananen, wc-papier, afwasmiddel, tandpasta, kattenvoer, sinaasappelsap, knoflook
                linzen, mosterd, honing, peterselie, rijst, kipfilet, vuilniszakken, servetten
            """),
        },
        tails=entries("""
            links, rechts, boven, onder, achter, voor, bij het raam, bij de bank, op de plank, naast het bed
            bij de ingang, in de hoek, boven de tafel, achter de kast, bij de trap, bij de haard, aan de muur, midden
            buiten, binnen
        """),
        of=" van ",
        between=(" en ", " en ", " en ", " en dan ", " dan ", " en ook ", ", en ", ", daarna "),
        determiners=("de ", "het ", "mijn ", "onze "),
        opposites=(("aan", "uit"), ("open", "sluit"), ("harder", "zachter"), ("omhoog", "omlaag"), ("hoger", "lager")),
        polite_starts=("alsjeblieft", "kun je", "kan je", "wil je", "ik wil"),
        polite_ends=("alsjeblieft", "graag", "aub"),
    ),
}
"""By language."""
