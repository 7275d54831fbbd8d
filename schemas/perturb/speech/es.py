"""Spanish, of Spain and of America."""

from __future__ import annotations

from schemas.perturb.word_list import entries, spun
from schemas.perturb.wordings import Speech, Wordings

SPEECH = Speech(
    train=Wordings(
        fillers=entries("""
            eh, em, ehm, mmm, este, esto, pues, bueno, o sea, a ver, sabes, ya sabes, digamos, cómo se dice
            cómo se llama, cómo decirlo, vamos, en plan, entonces, mira, verás, oye, ah, ay, oh, uy, hombre, ejem
            la verdad, es que, bueno pues, por favor, porfa, creo, supongo, a lo mejor, claro, pues eso, che, viste
            vamos a ver, estoy pensando
        """),
        openers=entries("""
            hola, oye, oiga, mira, mirá, mire, bueno, pues, a ver, vale, ok, eh, ey, este, buenas, hola buenas
            buenos días, buenas tardes, buenas noches, fíjate, atiende, ah bueno, disculpa, disculpe
            dime, che, vamos a ver, ah sí, ay, uy, por cierto, una cosa, otra cosa, ya que estás, ya que estamos
            ahora que lo pienso, antes de que se me olvide, asistente, ordenador, computadora, cariño, hombre
            gracias, por favor
        """)
        + spun("""
            (ok|vale|bueno|oye|hola|mira|gracias|ey|a ver|che) (asistente|ordenador|amigo|guapa|cariño|tú)
            (bueno|pues|vale|eh|ah) (mira|oye|verás|entonces|una cosa)
            (perdón|disculpa|disculpe) por (molestar|interrumpir|la molestia|dar la lata)
            (siento|lamento) (molestarte|molestarle|interrumpirte|la molestia)
            (creo|me parece|yo diría) que (hace frío|es tarde|está oscuro|hace calor|se hace tarde)
            (acabo|acabamos) de (llegar|comer|cenar|desayunar|merendar)
            (tengo|tenemos) (frío|hambre|sueño|calor|prisa|sed|visita)
            (qué|vaya|menudo) (frío|calor|sueño|cansancio|frío hace|calor hace)
            (buenos días|buenas tardes|buenas noches|hola) (familia|amigo mío|cielo|querida|chicos)
            (si puedes|si puede|cuando puedas|cuando pueda|si quieres|si me oyes)( asistente| cariño|)
            (sabes qué|sabe qué|adivina qué|fíjate bien|ahora que me acuerdo)( asistente| cariño|)
            (mi querido|querido|mi buen|mi fiel) (amigo|asistente|ayudante)
            (el bebé|el niño|la niña|mi marido|mi mujer|la abuela) (duerme|tiene frío|acaba de llegar|tiene sueño)
        """),
        asks=entries("""
            por favor, porfa, porfi, porfis, anda, anda y, venga, venga va, vamos, dale, va
            haz el favor y, hazme el favor y, hazme un favor y, haga el favor y, hágame el favor y, haceme el favor y
            sé bueno y, sé buena y, sé amable y, sea amable y, ve y, corre y, corre, rápido, rapidito, date prisa y
            dese prisa y, apúrate y, apurate y, ayúdame y, ayudame y, échame una mano y, te lo pido, te lo ruego
            se lo ruego, ándale, órale, hala, ya, ya mismo, ahora, ahora mismo, dale y, pórtate bien y
            si eres tan amable, si es tan amable, necesito tu ayuda
        """)
        + spun("""
            (sé|sea) (un sol|un cielo|un amor|buena persona|tan amable) y
            (anda|venga|vamos|dale|ale) (por favor|porfa|rápido|cariño|guapa|amigo)
            (hazme|hágame|haceme) (este favor|ese favor|el favorcito) y
            (date prisa|apúrate|corre|espabila|muévete) (por favor|cariño|amigo) y
            (por favor|porfa) (ya|ahora|rápido|rapidito|ahora mismo|te lo pido)
        """),
        gerund_asks=(),
        closers=entries("""
            por favor, porfa, porfi, porfis, por favor te lo pido, gracias, muchas gracias, muchísimas gracias
            gracias de antemano, vale, vale gracias, de acuerdo, ok, sí, anda, venga, venga va, ya, ya mismo, ahora
            ahora mismo, ahorita, enseguida, de inmediato, inmediatamente, rápido, rapidito, para mí, para nosotros
            si puedes, si puede, si puede ser, si es posible, si quieres, cuando puedas, cuando pueda, en cuanto puedas
            lo antes posible, si no te importa, si no le importa, si no es molestia, si eres tan amable
            si es tan amable, si te parece, si te parece bien, como siempre, como de costumbre, te lo pido, te lo ruego
            te lo agradezco, se lo agradezco, te lo agradecería, se lo agradecería, y ya está, y ya, y listo
            eso es todo, me oyes, me oís, me entiendes, entiendes, entendido, cariño, cielo, guapa, guapo, amigo
            amiga, hombre, mujer, jefe, asistente, tío, colega, che, mi amor, corazón, es tarde, ya es de noche, me voy
            nos vamos, me voy a dormir, hasta luego, adiós, chao, un beso, buenas noches, sería genial
            sería perfecto, estaría bien, estaría genial, me haces el favor, quieres, puedes, podrás, eh, o algo así
            o algo, creo, supongo, me parece, perfecto, genial, estupendo, bárbaro, sabes, ándale, órale, pues, dale
            con calma, date prisa, apúrate, antes de que se me olvide
        """)
        + spun("""
            (muchas |muchísimas |)gracias (amigo|guapa|cariño|asistente|por tu ayuda|por ayudarme|de corazón)
            (te|se) lo (agradecería mucho|agradezco mucho|pido por favor|ruego por favor|agradezco de verdad)
            si (te|le) (viene bien|apetece|va bien|es posible|da tiempo|resulta fácil)
            (si tienes|si tiene|si tenés) (tiempo|ganas|la bondad|la amabilidad)
            (cuando tengas|cuando tenga) (tiempo|ganas|un hueco|un ratito)
            (que|porque) (tengo frío|tengo sueño|tengo prisa|hace calor|está oscuro|se hace tarde|me duele la cabeza)
            (que tengo|tengo|que llevo) las manos (ocupadas|mojadas|llenas|sucias)
            (para que pueda|para que podamos|y así puedo|así podemos) (leer|dormir|comer|descansar|ver bien|trabajar)
            (estoy|estamos) (trabajando|leyendo|cocinando|cenando|a punto de salir|al teléfono|comiendo|saliendo)
            (el bebé|el niño|la niña|mi marido|mi mujer|el perro) (está durmiendo|quiere dormir|tiene sueño|tiene frío)
            (eres|es usted|sos) (un sol|un cielo|un encanto|un ángel|genial|muy amable|increíble)
            como (te dije|te he dicho|te pedí|te enseñé|ya sabes|a mí me gusta|acordamos|haces siempre)
            antes de (salir|dormir|cenar|irme|irnos|acostarme|que llegue la gente|que se despierte el niño)
            y (gracias|date prisa|rápido|buenas noches|pórtate bien|que sea rápido|deprisa|hasta luego|muchas gracias)
            (hace|hace mucho|está haciendo) (frío|calor|fresco)
            (anda|venga|vale|ya|ok) (por favor|porfa|gracias|guapa|cariño|amigo)
            me (harías|haces|hace|haría) (un favor|un gran favor|feliz|muy feliz)
        """),
        conjunctions=("y", "y luego"),
        marks=(".", "?", ",", ":", "-"),
    ),
    held_out=Wordings(
        fillers=entries("ehmm, por así decirlo, cómo te diría, ajá, mhm, jolín, qué sé yo"),
        openers=entries("muy buenas, aló, saludos, oye mira, bueno a ver, con permiso, hola qué tal, compadre"),
        asks=entries("""
            ten la bondad y, tenga la amabilidad y, sé un ángel y, te lo suplico, agarra y, hacé el favor y, volando
            hacedme el favor y
        """),
        gerund_asks=(),
        closers=entries("""
            si fueras tan amable, si fuera tan amable, cuanto antes, en un periquete, muy agradecida, majo, porfaplis
            cuando te venga bien, si hace el favor, muy agradecido, hacé el favor
        """),
        conjunctions=("y", "y también"),
        marks=("!", "...", ";"),
    ),
    gerunds={},
    function_words=frozenset(
        entries("""
            el, la, los, las, lo, de, del, mi, mis, tu, tus, su, sus, nuestro, nuestra, nuestros, nuestras, este, esta
            estos, estas, ese, esa, esos, esas, es, son, me, se, con, puedes
        """)
    ),
    before_numbers=frozenset({"de"}),
    question_words=frozenset(
        entries("""
            qué, que, cuál, cuáles, cual, cuales, cuánto, cuánta, cuántos, cuántas, cuanto, cuanta, cuantos, cuantas
            cómo, como, cuándo, cuando, dónde, donde, quién, quiénes, quien, es, son, está, están, estan, estás, estoy
            estamos, hay, había, hace, sabes, sabés, sabe, puedes, podés, puede, pueden, puedo, podemos, podrías
            podría, podrían, podríamos, quieres, querés, quiere, quiero, quisiera, querría, quería, querrías, necesito
            debo, debes, debería, tengo, tienes, tiene, tenemos, queda, quedan, falta, faltan, va, van, vas, voy, ha
            has, he, yo, tú, vos, usted, me, te, le, se, nos, será, sería, serías, a, en
        """)
    ),
)
