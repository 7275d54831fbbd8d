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
            pues eh, eh bueno, espérate, venga, tipo, o sea eh, este pues, a ver a ver, cómo era, déjame pensar
            tú sabes, pues mira, eh este, nomás, en fin
        """),
        openers=entries("""
            hola, oye, oiga, mira, mirá, mire, bueno, pues, a ver, vale, ok, eh, ey, este, buenas, hola buenas
            buenos días, buenas tardes, buenas noches, fíjate, atiende, ah bueno, disculpa, disculpe
            dime, che, vamos a ver, ah sí, ay, uy, por cierto, una cosa, otra cosa, ya que estás, ya que estamos
            ahora que lo pienso, antes de que se me olvide, asistente, ordenador, computadora, cariño, hombre
            gracias, por favor
            perdona, escucha, hey, perdone, oye tú, escúchame, óyeme, oíme, che mirá, escuchá, oye escucha
            oye una cosa, una cosita, oye una cosita, mira una cosa, oye perdona, perdona que te moleste
            perdone que le moleste, disculpe que lo moleste, disculpa la molestia, perdón, con su permiso, mire usted
            escuche, dígame una cosa, dime una cosa, bueno mira, pues mira, pues nada, pues eso, vale a ver, venga
            venga va, ándale, órale, ey qué onda, qué onda, quiubo, qué más, quiubo parce, parce, qué hay
            qué pasa tío, qué tal, qué tal estás, cómo estás, cómo andás, cómo está usted, cómo va todo
            hola cómo estás, hola guapa, hola cariño, hola mi amor, hola casa, buenas tardes casa, tío, tía, oye tío
            güey, oye güey, bro, amigo, mi amor, mijo, estás ahí, me oyes, hola me oyes, hola me escuchás
            estás despierta, hay alguien ahí, tienes un momento, tienes un momentito, soy yo, soy yo otra vez
            aquí estoy otra vez, ya estoy aquí, ya llegué, ya estoy en casa, acabo de llegar a casa, ya hemos llegado
            por fin en casa, recién llego del trabajo, vengo de trabajar, vengo del súper, vengo cansadísimo
            tengo una pregunta, oye tengo una pregunta, te quería preguntar una cosa, te quiero preguntar algo
            te puedo pedir algo, te quería pedir una cosa, quisiera pedirle una cosa, necesito tu ayuda
            necesito que me ayudes, me puedes ayudar, me ayudas con algo, me podría ayudar, me echas una mano
            es urgente, ando con prisa, estoy apurado, a propósito, se me acaba de ocurrir, se me había olvidado
            estaba pensando, sabes una cosa, ay dios mío, ay qué cansancio, uf, uf qué día, qué día, menudo día
            estoy muerta, estoy cansadísima, tengo las manos ocupadas, tengo al niño en brazos, qué pereza
            qué flojera, va a venir gente, ya vienen los invitados, los niños están dormidos, qué bueno que estás
            menos mal que estás
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
            hazme un favor, hazme el favor, venga porfa, anda por favor, plis, hazme un favorcito
            hazme un favorcito y, hazme un pequeño favor y, hazme un favor grande y, por favor hazme el favor y
            por favor sé bueno y, por favor ayúdame y, por favorcito, ándale porfa, ayúdame, ayúdame porfa y
            ayúdame por favor y, ayúdame con esto y, échame una mano, échame una mano porfa y, échame la mano y
            échame un cable y, dame una mano y, dame una manita y, me haces un favor, me haces el favor
            me haces un favorcito, me haces ese favor, me puedes hacer un favor, me podrías hacer un favor
            me podrías hacer el favor, puedes hacerme un favor, podrías hacerme un favor, podrías hacerme un favor y
            puedes ayudarme, puedes ayudarme y, podrías ayudarme y, me puedes ayudar, me ayudas, me echas una mano
            te importa ayudarme, quieres hacerme un favor, quieres ayudarme, te pido un favor, te pido por favor
            te lo pido por favor, te quiero pedir un favor, te quería pedir un favor, te puedo pedir un favor
            puedo pedirte un favor, puedo pedirte algo, tengo que pedirte un favor, quisiera pedirte un favor
            necesito pedirte un favor, necesito un favor, necesito que me ayudes, necesito que me hagas un favor
            necesito que hagas lo siguiente, necesito que hagas una cosa, quiero que hagas lo siguiente
            quiero que hagas una cosa, quiero que me ayudes, quisiera que hicieras lo siguiente
            me gustaría que hicieras lo siguiente, me gustaría que me ayudaras, haz lo siguiente, haz una cosa
            haz una cosa por mí, haz algo por mí, haz algo por mí y, haz lo que te digo y, hazlo por mí
            sé un encanto y, sé buena gente y, sé buena onda y, sé majo y, sé maja y, sé bueno conmigo y
            sé un buen amigo y, anda sé bueno y, anda sé buena y, venga sé bueno y, anda hazme el favor y
            venga hazme el favor y, ay porfa, ay por favor, te lo pido de corazón, por lo que más quieras
            si me haces el favor, si puedes, si no te importa, si no te molesta, si no es molestia
            ten la amabilidad y, ten piedad y, ten compasión y, dame el gusto y, dame ese gusto y, dame una alegría y
            demuestra lo que vales y
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
            plis, si no le molesta, si es usted tan amable, si me haces el favor, si me hace el favor, hazme el favor
            hágame el favor, haceme el favor, te estaría muy agradecido, se lo ruego, gracias mi amor, gracias amigo
            gracias corazón, gracias bonita, gracias bro, gracias che, bueno gracias, ok gracias, dale gracias
            de verdad gracias, gracias por todo, gracias por la ayuda, gracias eres un amor, gracias eres un sol
            eres un sol, eres lo máximo, eres el mejor, eres la mejor, sos lo más, sos un genio, qué haría yo sin ti
            me salvas la vida, me salvas, te quiero mucho, te adoro, dios te lo pague, que dios te bendiga, mi vida
            bonita, güey, bro, parce, hermano, mijo, reina, nena, va, dale che, ándale pues, oíste, me escuchas
            me has oído, me entendiste, has entendido, estamos, está bien, te parece, te parece bien, te va bien
            puede ser, se puede, si fuera posible, si querés, si podés, date prisa por favor, dese prisa
            apúrese por favor, apúrale, deprisa, a la de ya, espabila, vamos, de una vez, pero ya, pero rapidito
            sin falta, es urgente, me urge, que llevo prisa, que ando con prisa, estoy apurado, que se me hace tarde
            que llego tarde, que ya me voy, que me tengo que ir, que tengo que salir, que ya nos vamos
            ya me estoy yendo, que pierdo el bus, que me voy a trabajar, que se me olvida, tengo hambre y sueño
            siempre se me olvida, casi se me olvida, me acabo de acordar, ahora que me acuerdo, que no veo nada
            no se ve nada, que no veo ni torta, que veo muy mal, así veo mejor, así puedo leer, que quiero leer
            para que pueda leer, para ver mejor, así veo algo, que estoy trabajando, que tengo que estudiar
            así me concentro, que me tengo que concentrar, que quiero descansar, que necesito descansar
            necesito tranquilidad, quiero estar tranquilo, así estamos tranquilos, que el bebé está dormido
            el bebé está durmiendo, el niño está dormido, los niños están durmiendo, que se despierta el niño
            que vas a despertar al bebé, tengo al bebé en brazos, que me da pereza levantarme, me da flojera pararme
            qué pereza, qué flojera, que estoy muy a gusto, que estoy cansado, estoy cansada, estoy agotada
            estoy muerta, estoy reventado, estoy hecho polvo, estoy molida, que me muero de sueño, tengo sueño
            tengo mucho sueño, ha sido un día largo, qué día llevo, me duele la espalda, me duelen los ojos
            me duele la pierna, estoy enfermo, estoy malita, que tenemos visita, que vienen visitas
            que ya llegan los invitados, viene mi suegra, está mi madre, que se quejan los vecinos, vamos a comer
            vamos a cenar, la comida está lista, que estoy cocinando, estoy ocupado, busco mis gafas
            estoy buscando mis lentes, los niños están jugando, el perro tiene miedo, que me molesta mucho
            me pone de los nervios, me vuelve loco, es importante para mí, que lo necesito, que me hace falta
            así estoy mejor, así es más agradable, así me gusta, así queda mejor, lo prefiero así, ya sabes cómo
            ya me conoces, cuento contigo, confío en ti, confío en vos, hazlo por mí, hágalo por mí, te lo encargo
            me ayudarías mucho, me vendría muy bien, me vendría genial, estaría bueno, sería estupendo
            sería un detalle, eso sería todo, eso es, listo, por dios, por el amor de dios, por lo que más quieras
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
