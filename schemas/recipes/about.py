"""Talk about a thing of one's home that asks for nothing: "i love the desk lamp", "where is clipy".

A device that knows the name hears nothing else that it could act on, so rows of it have the name as a slot and the
intent of what is for nobody. Valid and test rows have other sentences than train rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from schemas.perturb.word_list import entries
from schemas.recipes.compounds import Placed
from schemas.recipes.names import Split

ABOUT: Mapping[str, Mapping[bool, tuple[str, ...]]] = {
    "en": {
        True: entries("""
            i wrote a review of the {} yesterday, who on earth designed the {}, the {} gets on my nerves
            how old is the {}, our {} is older than me, i dreamed about the {} last night
            is the {} yours or your roommate's, when did we get the {} again, it was not me it was {}
            the {} is really nice, the {} broke again, we might sell the {} next year, i paid for the {} not you
            what do you think of the {}, i like the {} a lot, the {} looks a bit old fashioned
            how much was the {} anyway, {} was here before we moved in, {} is what we call it
            you should have seen the {}, i'm so proud of our {} you know, there is a similar {} on page twelve
            the {} isn't as good as the old one, let me tell you about the {}
            somebody scratched the {} while we were away, who gave you the {} for christmas, where is {}
            my uncle walked right into the {}, we spent the whole afternoon with {}
            the {} looks great in that picture, they had exactly the same {}, the {} was a gift from my mother
            she said the {} was a waste of money, my sister wants the same {} as ours, i forgot to mention the {}
            we had the {} repaired twice already, the {} came with the house
            everyone at the party loved the {} apparently, the {} fits perfectly there
            why did we pick the {} in that color, which brand is your {}, our {} was made in sweden
            without {} this place would feel empty, who bought the {}, the {} that we had in boston was bigger
            {} was dad's idea, my {} is nothing special, what a weird {} they have over there, {} is a silly name
            there was something strange about the {}, i took a picture of the {}, mom hates the {} but dad loves it
            you know the {} is almost ten years old, she was standing next to the {}
            how much did you pay for the {}, the guy who fixed the {} was very friendly, thank god for {}
            so anyway the {}, yesterday {} nearly gave me a heart attack, i can't stand the {}
            the {} and the sofa don't really match, {} and i go way back, did you tell grandma about the {} yet
            yeah well {}, the kids named the {} after their uncle, our {} has been with us for ages
            nobody ever uses the {}, that is a pretty {}, i still have the receipt for the {}
            that old {} has seen better days, the {} belongs to my sister actually
            our {} has been acting weird lately, the {} story always makes me laugh, i love the {}
            the {} i told you about, i was just talking about the {}, and then the {}
            compared to the {} this one is cheap, the {} reminds me of my childhood, good old {}
            the {} at grandma's place is just like this, my {} is the best thing i ever bought
            have you noticed how pretty the {} is, the {} cost us a fortune, this is my {}
            we were laughing about {}, my favorite part is the {}, we are thinking about replacing the {}
            don't you think {} is lovely, because the {}, i hit my toe on the {}, whose idea was {}, where is the {}
            the {} is what we fought about all evening, the {} is ugly if you ask me
            it turns out the {} was never paid for, it smells funny near the {}, i never liked the {} to be honest
            i remember when the {} was brand new, he keeps complaining about {}
            the {} in my old apartment was terrible, {} is so cute, he talks about {} all day long
            did you see the {} the neighbors have, the {} scared the cat last night, my {} looks better than yours
            the {} was on sale last week, i read about that {} in a magazine, {} never gives us any trouble
            my friend took a photo of the {} and posted it, i think the {} is overrated
            the {} makes a funny noise sometimes, so {} was your idea then, my boyfriend is jealous of our {}
            the {} used to belong to my grandmother, {} is my favorite thing in this house, i love {}
            honestly the {} was a bad idea, the {} has a scratch on the side, we bought the {} in march
        """),
        False: entries("""
            grandpa built that {} with his own hands, you and your {} are inseparable, poor {}
            i never knew you owned the {}, the {} turned out nicer than expected, tom calls his {} the boss
            half of my salary went into the {} that summer, an insurance guy inspected the {} this morning
            {} sounds like something from a cartoon, people always compliment us on the {}, {} deserves a medal
            mine is blue but the {} in the store looked green, speaking of the {}, {} saved our weekend
            our landlord was asking about the {}, the {} i grew up with had flowers on it
            if {} could talk it would complain, ever since the {} arrived the dog has been nervous
            does anybody remember who installed the {}, grandma sends greetings to {}, the {} still has its warranty
            last summer we painted the {}, kevin insulted our {} at dinner, the baby's first word was {}
            nothing beats a good {} in winter, the {} drives my husband crazy, the {} would suit our cabin
            how come the neighbors envy our {}, guess what happened to our {}, there goes my {}
            the {} people finally called back, apparently every {} gets more expensive these days
            the {} feels kind of cheap, remember how long we saved up for the {} back then
            someone on the radio explained how every {} works nowadays, our {} always impresses visitors
            nothing rhymes with {}, the {} once almost killed my goldfish, our {} appeared on television once
            back in the day any {} like this was luxury
        """),
    },
    "de": {
        True: entries("""
            {} ist ein komischer name, wir wollen {} nächstes jahr verkaufen, {} ist schon wieder kaputt
            was hältst du von {}, {} kommt aus schweden, das ding {} ist echt alt
            gestern hat {} mich total erschreckt, {} ist mein ganzer stolz, meine freundin ist neidisch auf {}
            er beschwert sich ständig über {}, ich glaube {} war teurer als gedacht
            {} hat uns noch nie im stich gelassen, irgendwas stimmt nicht mit {}, {} ist wirklich hübsch
            angeblich ist {} schon zwanzig jahre alt, ehrlich gesagt war {} ein fehlkauf
            wer hat dir das erzählt mit {}, {} war damals im angebot, ich habe noch die rechnung von {}
            {} erinnert mich an früher, und dann {}, ich liebe {}, wie alt ist {}
            {} hatten wir schon in der alten wohnung, weißt du noch wie {} damals ausgesehen hat
            wer kam eigentlich auf den namen {}, meine mutter kann {} nicht leiden, wem gehört {}
            {} war doch deine idee, das beste an der wohnung ist {}, das war nicht ich das war {}
            {} passt gar nicht zum sofa, {} finde ich total hässlich, das da ist {}
            seit wann heißt das ding {} bei euch, der typ der {} repariert hat war sehr nett
            wer hat {} eigentlich bezahlt, die kinder reden über {} wie über ein haustier, wo ist {}
            kennst du schon {}, früher gab es noch gar nichts wie {}, mir hat {} noch nie gefallen
            {} mag ich lieber als den rest, {} gehört eigentlich meiner schwester
            alle haben {} auf der party bewundert, meine oma redet dauernd von {}
            wir haben den ganzen abend gelacht über {}, hast du oma schon von {} erzählt, also das mit {}
            {} und ich sind alte freunde, {} gefällt mir richtig gut, was hat {} noch mal gekostet
            wann haben wir {} gekauft, {} geht mir auf die nerven, {} war ein geschenk von oma
            {} macht manchmal so komische geräusche, ohne {} wäre es hier langweilig, {} hat ein vermögen gekostet
            die geschichte mit {} ist einfach zu lustig, ich finde {} einfach toll, nichts geht über {}
            ich habe von {} geträumt, weil ja {}, {} sieht auf dem foto viel größer aus
            {} haben wir vor drei jahren gekauft, wir haben gerade geredet über {}, {} hätten wir uns sparen können
            das mit {} tut mir leid
        """),
        False: entries("""
            neulich erklärte jemand {} im radio, {} hieß bei uns immer nur das monster, {} verdient einen orden
            im sommer streichen wir vielleicht {}, stell dir vor {} stand gestern in der zeitung
            {} würde sogar der königin imponieren, für {} ging mein halbes gehalt drauf
            wenn {} reden könnte würden wir uns schämen, {} hat uns das wochenende gerettet
            das erste wort vom baby lautete {}, {} bekam im test nur drei sterne, mir fehlt im urlaub nur {}
            auf {} lasse ich nichts kommen, keiner versteht meine begeisterung für {}
            der hund bellt sobald man {} erwähnt, apropos {}, darauf reimt sich nur {}
            der vermieter hat sich nach {} erkundigt, besucher bestaunen jedes mal {}, {} stammt noch vom vormieter
            opa hat {} selbst gebaut, {} wirkt irgendwie billig
        """),
    },
    "fr": {
        True: entries("""
            notre {} fait des jaloux, je trouve {} un peu ridicule quand même, {} est adorable, à qui appartient {}
            votre {} me plaît beaucoup, ma mère déteste {} mais mon père adore
            tu sais que notre {} a presque dix ans, notre {} va bien avec le canapé, le mieux ici c'est {}
            c'est pas moi c'est {}, tu as parlé de notre {} à mamie, {} me rappelle mon enfance
            je ne supporte plus {}, notre {} est vraiment magnifique, ma sœur a presque choisi {} elle aussi
            franchement {} était une mauvaise idée, tu connais {}, {} et moi on se comprend
            j'ai gardé la facture pour notre {}, notre {} était en promo la semaine dernière
            tu penses quoi de notre {}, où est notre {}, j'adore notre {}, {} ne vaut pas son prix
            on a acheté notre {} au mois de mars, qui a trouvé le nom {}, on pense vendre notre {} cet été
            j'adore {}, notre {} appartient à ma sœur en fait, mon oncle a foncé dans notre {}, alors moi {}
            leur {} coûte deux fois plus cher, notre {} nous joue souvent des tours, parce que notre {}
            l'histoire avec {} me fait toujours rire, je me demande pourquoi {} plaît à tout le monde
            hier {} a failli me tuer, ce truc {} c'est vraiment n'importe quoi, où est {}, qui a acheté {}
            j'ai pris une photo avec {}, il paraît que {} existe en rouge, {} c'était ton idée pas la mienne
            {} est un drôle de nom, tu te souviens de notre {} à lyon, il se plaint tout le temps de notre {}
            mes copines sont jalouses de notre {}, tout le monde parlait de notre {} à la fête, et puis {}
            notre {} a encore rendu l'âme, notre {} a coûté une fortune, qui a payé notre {} au fait
            combien a coûté votre {} déjà, {} me vient de mamie, notre {} fait un bruit bizarre parfois
            leur {} est carrément moche, sans {} la maison serait bien triste, {} me tape sur les nerfs
            j'ai rêvé que {} me parlait, j'aime bien notre {} tu sais, il y a quelque chose de louche avec {}
            le monsieur qui a réparé notre {} était très gentil, on parlait justement de notre {}
            {} a fait peur au chat hier soir, notre {} date des années soixante, quel âge a votre {}
            {} fait partie de la famille maintenant, les enfants prennent {} pour un animal
        """),
        False: entries("""
            quand on mentionne {} mon mari lève les yeux, leur {} sent un peu le plastique, {} mérite une médaille
            vous ne devinerez jamais qui a cassé {}, un jour {} passera à la télé
            votre {} impressionne toujours les visiteurs
            le propriétaire s'intéresse beaucoup à votre {} apparemment, papi a construit {} de ses propres mains
            {} sort tout droit d'un dessin animé, rien ne rime avec {}, {} a sauvé notre dimanche
            les voisins nous envient {}, depuis {} le chien dort mal, en vacances il me manquait juste {}
            personne ne comprend ma passion pour {} chez nous, à propos de notre {}, pauvre {}
            la moitié de mon salaire a fini dans notre {} hélas, le premier mot du bébé c'était {}
            notre {} a survécu à deux déménagements, si {} pouvait parler on aurait honte
            notre {} reste sous garantie jusqu'en mai
        """),
    },
    "es": {
        True: entries("""
            {} y yo nos entendemos muy bien, queremos vender {} el año que viene, {} me encanta
            cuántos años tiene tu {}, {} se rompió otra vez, creo que {} fue un error
            me gusta mucho tu {} de verdad, {} nunca nos ha dado problemas, le saqué una foto a mi {}
            siempre se está quejando de {}, escribí una reseña sobre mi {} en internet
            {} pertenece a mi hermana en realidad, mis amigas tienen celos de mi {}, mi {} es genial
            la historia de {} siempre me hace reír, el señor que arregló mi {} era muy simpático
            todavía guardo la factura de mi {}, tu {} queda muy bien en esa foto, no soporto {}
            {} no vale lo que cuesta, justo hablábamos de {}, dónde está mi {}, de quién es {}
            tu {} parece de otra época, mi madre odia {} pero mi padre no, hay algo raro con {}
            sin {} la casa sería muy aburrida, adoro mi {}, su {} estaba de oferta la semana pasada
            lo mejor de este piso es {}, no fui yo fue {}, {} ya es parte de la familia, su {} es horrible la verdad
            bueno pues mi {}, ayer {} casi me mata del susto, los niños tratan a {} como a una mascota
            quién pagó {} al final, por qué elegiste {} y no otra cosa, dónde está {}, tú conoces a {}
            nadie usa nunca {}, ya le contaste lo de {} a la abuela, mi {} le da envidia a todo el mundo
            {} asustó al gato anoche, te acuerdas de mi {} en el piso viejo, quién compró {}
            a quién se le ocurrió el nombre {}, todos hablaban de tu {} en la fiesta, porque mi {}
            {} me recuerda a mi infancia, {} fue un regalo de mi abuela, cuánto te costó {} si se puede saber
            sabes que mi {} viene de suecia, {} es un nombre muy raro, {} me pone de los nervios
            {} fue idea tuya no mía, sinceramente {} nunca me gustó, mi {} costó una fortuna
            dicen que {} también existe en rojo, compramos {} en marzo creo, mi tío se chocó con {}
            anoche soñé con {} y me dio risa, y entonces {}, mi {} hace ruidos extraños a veces
            mi {} ya tiene casi diez años, qué te parece mi {}, mi {} no combina con el sofá
            ese trasto {} es viejísimo
        """),
        False: entries("""
            cuando alguien menciona {} mi marido suspira, mi {} sigue en garantía hasta mayo, {} merece una medalla
            nunca adivinarás lo que le pasó a mi {}, un día {} saldrá en la tele
            tu {} siempre impresiona a las visitas, el casero preguntaba por {} esta mañana
            el abuelo construyó {} con sus propias manos, {} salió de unos dibujos animados
            ninguna palabra rima con {}, {} nos salvó el fin de semana, los vecinos envidian tu {}
            desde que llegó {} el perro duerme mal, en vacaciones solo extrañaba {}
            nadie entiende mi pasión por {} en esta casa, a propósito de {}, pobre {}
            medio sueldo se me fue en {} aquel verano, la primera palabra del bebé fue {}
            mi {} sobrevivió a dos mudanzas, si {} pudiera hablar pasaríamos vergüenza
            su {} huele un poco a plástico
        """),
    },
    "nl": {
        True: entries("""
            {} en ik zijn dikke vrienden, we willen {} volgend jaar verkopen, {} is geweldig, hoe oud is je {}
            {} is alweer stuk, volgens mij was {} een miskoop, we hebben {} in maart gekocht
            {} vind ik mooier dan de rest, ik heb een foto gemaakt van mijn {}, hij klaagt altijd over {}
            waarom heb je {} gekozen en niet iets anders, hun {} was vorige week in de aanbieding
            mijn vriendin is jaloers op mijn {}, mijn {} is echt prachtig, het verhaal over {} blijft grappig
            de man die mijn {} repareerde was heel aardig, ik heb het bonnetje nog van mijn {}
            jouw {} staat leuk op die foto, ik heb een hekel aan {}, jouw {} ziet er ouderwets uit
            we hadden het net over {}, waar is mijn {}, van wie is {}, {} heeft ons nog nooit in de steek gelaten
            mijn moeder haat {} maar mijn vader niet, er is iets vreemds met {}, zonder {} zou het hier saai zijn
            ik hou van {}, {} hoort inmiddels bij de familie, het mooiste van dit huis is {}
            ik was het niet het was {}, mijn {} past niet bij de bank, hun {} is spuuglelijk, nou ja mijn {}
            gisteren kreeg ik door {} bijna een hartaanval, de kinderen praten over {} alsof het een huisdier is
            wie heeft {} eigenlijk betaald, opa zijn oude {} was veel beter, waar is {}, ken jij {}
            niemand gebruikt ooit {}, heb je oma al over {} verteld, {} doet me denken aan vroeger
            {} heeft de kat laten schrikken, weet je nog hoe {} er vroeger uitzag, wie kocht {}
            wie verzon de naam {}, iedereen had het over je {} op het feest, omdat mijn {}
            {} is eigenlijk van mijn zus, {} was een cadeau van oma, hoeveel heeft je {} gekost
            wist je dat mijn {} uit zweden komt, {} is een rare naam, {} werkt op mijn zenuwen
            {} was trouwens jouw idee, eerlijk gezegd vond ik {} nooit mooi, mijn {} was hartstikke duur
            ze zeggen dat {} ook in het rood bestaat, ik vind {} helemaal niks, mijn oom botste tegen {}
            ik heb vannacht over {} gedroomd, en toen {}, mijn {} maakt soms een raar geluid
            mijn {} is al bijna tien jaar oud, wat vind je van mijn {}, {} is zijn geld niet waard
            dat ding {} is stokoud
        """),
        False: entries("""
            zodra iemand {} noemt zucht mijn man, mijn {} heeft garantie tot mei, {} verdient een medaille
            je raadt nooit wat er gebeurde met mijn {}, ooit komt {} nog eens op televisie
            jullie {} maakt altijd indruk op bezoek, de huisbaas informeerde vanochtend naar {} geloof ik
            opa bouwde {} met zijn eigen handen, {} komt zo uit een tekenfilm, niks rijmt op {}
            {} redde ons weekend, de buren benijden jullie {}, sinds {} er is slaapt de hond slecht
            op vakantie miste ik alleen {}, hier begrijpt niemand mijn passie voor {} helaas
            trouwens wat betreft {}, arme {}, mijn halve salaris ging naar {} die zomer
            het eerste woordje van de baby was {}, mijn {} overleefde twee verhuizingen
            als {} kon praten zouden we ons schamen, hun {} ruikt een beetje naar plastic
        """),
    },
}
"""Language -> is it for train -> what is said, with {} for the name of a thing or a room."""


def about(label: str, name: str, language: str, split: Split, rng: Random) -> tuple[str, tuple[Placed, ...]]:
    """Talk about what a slot of this label is called."""
    said = rng.choice(ABOUT[language][split == "train"])
    before, _, after = (said.replace("the {}", "{}") if "'s" in name else said).partition("{}")
    return before + name + after, ((len(before), len(before) + len(name), label, None),)
