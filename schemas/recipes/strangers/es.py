"""Spanish. Entries with "el" are never said after "a" or "de", and what follows "ser" fits both genders."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries, lines, spun

WORDS: Mapping[str, tuple[str, ...]] = {
    # Never with an article, never with an "i" in front: "a", "de", "y".
    "city": entries("""
        madrid, barcelona, sevilla, valencia, bilbao, zaragoza, málaga, granada, lisboa, parís, roma, londres, berlín
        tokio, nueva york, buenos aires, bogotá, lima, santiago de chile, montevideo, quito, caracas, miami
        guadalajara, salamanca, cádiz, venecia, praga, moscú, atenas
    """),
    "country": entries("""
        españa, méxico, perú, argentina, chile, colombia, francia, portugal, japón, canadá, egipto, marruecos, suecia
        noruega, grecia, turquía, brasil, cuba, bolivia, alemania, suiza, polonia, australia, vietnam, uruguay
    """),
    # One person, never with an article: "a", "de".
    "person": entries("""
        mi hermana, tu jefe, su primo, nuestra vecina, mi suegra, tu madre, su novio, pablo, lucía, mi abuelo, tu tía
        mi dentista, su mejor amiga, tu padre, mi cuñado, vuestra profesora, nuestro casero, marta, mi compañero
        su hijo, carmen, tu sobrina, mi exmarido, mi madrina, don antonio
    """),
    "figure": entries("""
        napoleón, cervantes, frida kahlo, lorca, picasso, einstein, mozart, cristóbal colón, cleopatra, gandhi
        maradona, beethoven, darwin, goya, galileo, julio césar, simón bolívar, marie curie, garcía márquez, dalí
        velázquez, pelé, borges, gaudí
    """),
    # With an article, so never after "a" or "de".
    "somebody": entries("""
        el médico, la profesora, el fontanero, la abogada, el dentista, la veterinaria, el mecánico, la directora
        el fisio, la enfermera, el notario, la psicóloga, el entrenador, la dermatóloga, el electricista, la peluquera
        el del seguro, la del banco, el arquitecto, la contable
    """),
    "thing": entries("""
        el teléfono, el avión, la penicilina, la bicicleta, la imprenta, la rueda, el papel, el jabón, el paraguas
        la brújula, el microscopio, el chocolate, la guitarra, el submarino, la pólvora, el violín, el ajedrez
        el futbolín, la fregona, el queso manchego, el vidrio, la dinamita, el globo aerostático, el cemento
        la calculadora
    """),
    "topic": entries("""
        la democracia, la inflación, la gravedad, la fotosíntesis, la filosofía, el jazz, la bolsa, la ópera
        la jubilación, el budismo, la gripe, el amor, la revolución francesa, el teorema de pitágoras, la evolución
        el surrealismo, la guerra fría, el álgebra, la mitología griega, el cambio climático, la guerra civil
        el flamenco, el cubismo, la monarquía, la física cuántica, el feudalismo
        la reencarnación, el imperio romano, la teoría de cuerdas
    """),
    # What one makes, orders or eats.
    "food": entries("""
        una tortilla, una paella, unas lentejas, un gazpacho, unos tacos
        una ensalada, unas croquetas, un arroz con pollo
        unas empanadas, un cocido, una lasaña, unos churros, un ceviche, unas arepas, unos macarrones, una fabada
        unas albóndigas, un filete, una tarta de queso, un pisto, unos huevos fritos, un bizcocho, un sancocho
        unos tamales, unos espaguetis, unos calamares, una pizza casera, un salmorejo, unas patatas bravas
    """),
    # After "de".
    "dish": entries("""
        croquetas, tortilla de patatas, gazpacho, paella, flan, arroz con leche, lentejas, guacamole, empanada gallega
        salmorejo, natillas, albóndigas, pollo al ajillo, torrijas, bizcocho de limón, mole, mayonesa, tiramisú
        crema de calabaza, pisto, callos, ceviche
    """),
    "past": entries("""
        ayer, la semana pasada, el lunes pasado, anteayer, el año pasado, el verano pasado, ayer por la tarde, anoche
        hace dos años, en agosto, esta mañana, el mes pasado, el otro día, el sábado pasado, hace tres días
        la navidad pasada, hace un rato
    """),
    "soon": entries("""
        mañana, la semana que viene, el viernes, esta noche
        este fin de semana, después de comer, el lunes a primera hora
        dentro de dos días, en junio, antes de navidad, el próximo martes, este verano, el domingo, a finales de mes
        pasado mañana, el sábado por la noche, en otoño, en semana santa, el mes que viene
    """),
    "account": entries("""
        mi cuenta corriente, mi tarjeta de crédito, mi cuenta de ahorros, mi hipoteca, mi seguro médico, mi préstamo
        mi plan de pensiones, mi línea de móvil, mi seguro del coche, mi tarjeta de débito
        mi suscripción, mi cuenta conjunta
        mi fondo de inversión, mi seguro de hogar, mi tarjeta del súper, mi contrato de alquiler
    """),
    "number": entries("""
        12, catorce, 250, diecinueve, 7, trescientos, 48, sesenta y seis, 1000, noventa, 33, once, 5, veinticinco
        80, setenta y cinco, dos mil
    """),
    "language": entries("""
        inglés, francés, alemán, italiano, holandés, coreano, árabe, griego, ruso, latín, japonés, portugués, chino
        catalán, euskera, quechua
    """),
    "work": entries("""
        mi informe, mi carta de presentación, mi redacción, mi discurso
        mi tesis, mi currículum, mi trabajo de historia
        mi poema, mi artículo, mi novela, mi presentación, mi solicitud, mi resumen, mi contrato, mi examen de prueba
    """),
    "animal": entries("""
        un caballo, una jirafa, un tiburón, un águila, una rana, un hámster, una vaca, un loro, un lobo, un caracol
        una abeja, un pez payaso, un tigre, una ardilla, un pato, una cabra, un pingüino, una tortuga, una hormiga
        un conejo, un camello, un búho, un ratón, un delfín, un erizo
    """),
    # The same for women and men, without an article.
    "job": entries("""
        periodista, dentista, taxista, electricista, futbolista, policía, guía, cantante, artista, contable
        economista, florista, recepcionista, pianista, fiscal, juez, agente de seguros, socorrista, conserje
        detective, astronauta, piloto, modelo, oculista
    """),
    # After "de" and "al", all masculine.
    "sport": entries("""
        tenis, baloncesto, pádel, golf, balonmano, voleibol, rugby, béisbol, hockey, ajedrez, waterpolo, ping-pong
        fútbol sala, críquet, billar, bádminton, squash, dominó, fútbol americano
    """),
    # After "me duele".
    "body": entries("""
        la rodilla, la cabeza, el hombro, la espalda, el estómago, la garganta, el oído, el cuello, la muñeca
        el tobillo, el codo, la barriga, una muela, la cadera, el dedo gordo, el pecho, la mandíbula, un pie
    """),
    # After "ser", for women and men.
    "trait": entries("""
        inteligente, feliz, amable, fuerte, arrogante, valiente, interesante, cruel
        egoísta, elegante, humilde, popular
        sensible, responsable, rebelde, cobarde, torpe, puntual, optimista, infantil, terrible, independiente
        impaciente, normal, insoportable, hipócrita
    """),
    # After "estoy" and "estás".
    "feeling": entries("""
        cansado, contenta, agobiado, perdida, enfermo, enamorada, de mal humor, en las nubes, harto, a dieta
        enfadada, medio dormido, aburrida, triste, preocupada, sin un duro, con resaca, muerto de hambre, nerviosa
        en pijama todavía, con jaqueca, hecho polvo
    """),
    "doing": entries("""
        fumar, cantar, conducir, llegar tarde, viajar sin compañía, cambiar de trabajo, correr, mentir, bailar, nadar
        vivir en el extranjero, hacer dieta, comer menos carne, trabajar de noche, hablar en público, esquiar
        jugar a la lotería, beber café, volar en avión, perder peso, tejer, ir de acampada, dormir la siesta
        estudiar una carrera, madrugar
    """),
    "goods": entries("""
        unas zapatillas, un portátil, un abrigo de invierno, unas gafas de sol, un vestido de novia, un casco de moto
        una mochila, un coche de segunda mano, unos vaqueros, unos pañales, una tienda de campaña, un anillo
        un colchón, unos sellos, unos neumáticos, unas entradas, un bañador, una silla de bebé, un perfume
        unas botas, una raqueta, una maleta, un libro de cocina
    """),
    "mine": entries("""
        mis gafas, mi bolso, mi chaqueta, mi cartera, mis llaves, mi reloj, mi pasaporte, mis zapatos, mi bufanda
        mi cargador, mi estuche, mis guantes, mi paraguas, mi cuaderno, mi gorra, mi bici, mis papeles, mis apuntes
    """),
}
"""Word list -> its entries."""

_IT = "(eso|esa|ese|esto|esos|esas|aquello|la otra|el otro)"

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": lines("""
        cuántos habitantes tiene {city}
        a cuántos kilómetros está {city}
        qué se puede ver en {city}
        cuál es el mejor barrio de {city}
        qué distancia hay entre {city} y {city}
        merece la pena visitar {city}
        cómo se llaman los habitantes de {city}
        quién es el alcalde de {city}
        cuál es la capital de {country}
        qué moneda se usa en {country}
        quién gobierna en {country}
        qué idiomas se hablan en {country}
        hace falta vacunarse para ir a {country}
        qué se come en navidad en {country}
        cuál es la montaña más alta de {country}
        quién inventó {thing}
        en qué año se inventó {thing}
        qué se hacía antes de inventar {thing}
        de dónde viene {thing}
        me puedes explicar {topic}
        qué es exactamente {topic}
        para qué sirve {topic}
        explícame {topic} como si tuviera cinco años
        quién fue {figure}
        dónde nació {figure}
        en qué siglo vivió {figure}
        qué opinas de {figure}
        por qué es tan importante {figure}
        cuéntame tres curiosidades sobre {figure}
        cuánto es {number} por {number}
        cuánto es {number} más {number}
        cuánto es {number} entre {number}
        cuál es la raíz cuadrada de {number}
        es {number} un número primo
        cuántas patas tiene {animal}
        qué come {animal}
        cuántos años vive {animal}
        quién ganaría en una pelea {animal} o {animal}
        dónde duerme {animal}
        puede {animal} vivir en un piso
        cuánto cobra un buen {job}
        qué hay que estudiar para ser {job}
        crees que yo podría ser {job}
        cuáles son las reglas del {sport}
        cuánto dura un partido de {sport}
        quién es el número uno del {sport}
        por qué me duele {body} por las mañanas
        qué puedo tomar si me duele {body}
        es malo {doing}
        es bueno para la salud {doing}
        por qué a la gente le da miedo {doing}
        qué hago si no me gusta {doing}
        qué es lo contrario de {trait}
        dime un sinónimo de {trait}
        por qué hay gente tan {trait}
        cómo se dice buenas tardes en {language}
        qué significa esa palabra en {language}
        es difícil aprender {language}
        cuántas calorías tiene {food}
        qué vino va bien con {food}
        cuánto se tarda en hacer {food}
        dónde puedo comprar {goods} a buen precio
        cuánto cuesta comprar {goods}
        cómo te llamas
        cuántos años tienes
        eres una persona de verdad
        tienes sentimientos
        usted cree en los fantasmas
        por qué el cielo es azul
        cuántos días tiene febrero
        cuántos planetas hay
        cómo se hace el nudo de la corbata
        quién escribió el quijote
        cuál es el río más largo del mundo
        se escribe con be o con uve
        cómo se quita una mancha de vino
        es un resfriado o es gripe
        quién ganó el mundial de 2010
        qué fue antes el huevo o la gallina
    """),
    "talk": lines("""
        estoy {feeling}
        por qué estás {feeling}
        déjame en paz que estoy {feeling}
        no me hables que estoy {feeling}
        has hablado con {person} de lo nuestro
        me encontré con {person} {past}
        {person} me llamó {past}
        no te vas a creer lo que ha dicho {person}
        te juro que eso lo hizo {person}
        dice {person} que quiere ser {job}
        vamos a ver a {person} {soon}
        {person} viene a comer {soon}
        me da igual lo que piense {person}
        {person} es demasiado {trait} para mi gusto
        sabías que {person} vive en {city}
        qué le regalamos a {person} por su cumpleaños
        dale recuerdos a {person} de mi parte
        {person} no soporta a {figure}
        no seas tan {trait}
        es tan {trait} que me pone de los nervios
        tú antes no eras tan {trait}
        estuvimos en {city} {past}
        se mudaron a {city} {past}
        me encantaría vivir en {city}
        podríamos ir a {country} {soon}
        nunca he estado en {country}
        trabajé de {job} en {country}
        su madre era {job} en {city}
        de mayor quiero ser {job}
        tengo cita con {somebody} {soon}
        {somebody} ha vuelto a cancelar
        ya ha llamado {somebody}
        estuve hablando con {somebody} {past}
        vamos a cenar {food} {soon}
        a quién le apetece {food}
        mi abuela hizo {food} {past}
        me comería {food} ahora mismo
        qué prefieres {food} o {food}
        me duele {body} desde hace días
        ya no me apetece {doing}
        dice que piensa dejar de {doing}
        lo que más me gusta es {doing}
        no sirve de nada {doing}
        tengo que entregar {work} {soon}
        todavía no he terminado {work}
        has visto {mine}
        dónde has puesto {mine}
        me robaron {mine} {past}
        devuélveme {mine} ahora mismo
        me regaló {goods} {past}
        necesito {goods} para la boda
        los niños quieren {animal}
        vimos {animal} en el campo {past}
        me quedan {number} euros
        me debes {number} pesos
        {soon} tengo partido de {sport}
        mi hijo se ha apuntado a {sport}
        otra vez he suspendido el examen de {language}
        ven aquí un momento
        date prisa que perdemos el autobús
        come que se enfría
        qué tal te ha ido el día
        buenas noches que descanses
        deja de molestar a tu hermano
        no he sido yo ha sido él
        qué hay de comer
        te toca fregar los platos
        lávate los dientes y a la cama
        feliz cumpleaños cariño
        le acompaño en el sentimiento
        pase usted y siéntese por favor
        me estás escuchando cuando te hablo
        porque lo digo yo y punto
        has hecho los deberes
        no me lo puedo creer
        ay qué ilusión me hace verte
        ándale que se nos hace tarde
        dónde dejaste el celular de {person}
        ustedes ya comieron o qué
        vos sabés que {person} no va a venir
    """),
    "television": lines("""
        y ahora las noticias de {city}
        no se vayan que volvemos después de la publicidad
        nuestro corresponsal está en directo desde {city}
        un incendio arrasó {past} un almacén en {city}
        el ministro viajará a {city} {soon}
        el juicio comenzará {soon} en {city}
        la policía busca a un testigo en {city}
        los precios subieron un {number} por ciento en {country}
        sigue la huelga de transportes en {country}
        un terremoto sacudió {past} el norte de {country}
        un estudio reciente habla sobre {topic}
        esta noche gran debate sobre {topic}
        el presidente habló sobre {topic} {past}
        por {number} puntos quién inventó {thing}
        la respuesta correcta era {thing}
        es su última palabra
        tiene {number} segundos para responder
        se lleva usted {number} mil euros
        gol gol gol en el último minuto
        qué partidazo señoras y señores
        final de {sport} {soon} en directo
        la selección gana por {number} puntos a {country}
        demos la bienvenida a nuestro próximo invitado
        en capítulos anteriores
        yo nunca te quise y {person} lo sabe
        tiene derecho a guardar silencio
        el asesino no fue {somebody}
        un testigo asegura que vio a {person} en {city}
        salga de mi casa antes de que llame a la policía
        una película sobre la vida de {figure}
        dedicamos este programa a {figure}
        lejos de su grupo {animal} no sobrevive mucho tiempo
        añadimos la cebolla y dejamos pochar a fuego lento
        hoy en el menú {food} para chuparse los dedos
        solo esta semana {goods} a mitad de precio
        llame ahora y llévese {goods} de regalo
        beba con moderación es su responsabilidad
        uno de cada tres españoles sueña con {doing}
        consulte a su farmacéutico
        el ibex cierra la semana en rojo
        los ciudadanos votarán {soon}
        érase una vez un rey muy {trait}
        esta crema le cambiará la vida
        el jurado ha tomado una decisión
        una {job} de {city} gana el primer premio de la lotería
    """),
    "skill": lines("""
        reserva un vuelo a {city} {soon}
        búscame un hotel en {city}
        cuánto cuesta un billete de tren a {city}
        a qué hora sale el próximo autobús a {city}
        lleva retraso mi vuelo a {city}
        cómo está el tráfico hacia {city}
        alquila un coche en {city} {soon}
        llévame a {city} por la ruta más corta
        qué restaurantes buenos hay en {city}
        necesito visado para viajar a {country}
        a cuánto está el cambio en {country}
        pídeme un taxi
        necesito un taxi {soon}
        llama a {person}
        manda un correo a {person}
        escribe un mensaje a {person} y dile que estoy {feeling}
        contéstale a {person} que estoy {feeling}
        léeme el último mensaje de {person}
        reenvía ese correo a {person}
        comparte mi ubicación con {person}
        haz una transferencia de {number} euros a {person}
        mándale flores a {person} {soon}
        organiza una reunión con {person} {soon}
        qué tengo en la agenda {soon}
        cambia mi cita con {somebody}
        pide cita con {somebody} {soon}
        anota en el calendario que {soon} tengo dentista
        cómo doy de baja {account}
        qué gastos tiene {account}
        tengo una duda sobre {account}
        qué condiciones tiene {account}
        no entiendo lo que pago por {account}
        cuánto gasté {past}
        cuánto dinero tengo en el banco
        he perdido la tarjeta y quiero bloquearla
        me han cobrado {number} euros de más
        cuál es mi límite de crédito
        quiero hablar con un agente
        traduce buenos días al {language}
        cómo se pronuncia esto en {language}
        dame una lección de {language}
        dame la receta de {dish}
        cuánta harina lleva una masa para {number} personas
        qué puedo cocinar con huevos y arroz
        pide {food} a domicilio
        encarga {food} en el restaurante de la esquina
        reserva una mesa para {number} {soon}
        revisa {work}
        corrige las faltas de {work}
        resume {work} en diez líneas
        imprime {number} copias de {work}
        cuéntame un chiste sobre {figure}
        cuéntame un cuento con {animal}
        qué sonido hace {animal}
        dime una adivinanza
        cara o cruz
        elige un número entre 1 y {number}
        convierte {number} millas en kilómetros
        busca en internet información sobre {topic}
        recomiéndame un libro sobre {topic}
        compra {goods} para {person}
        compara precios de relojes de pulsera
        busca ofertas para comprar {goods}
        dónde está mi pedido
        quiero devolver el paquete que recibí {past}
        búscame trabajo de {job} en {city}
        quién ganó el partido {past}
        cómo va la clasificación de la liga
        contra quién juega la selección {soon}
        apúntame a clases de {sport}
        qué resultados hubo en la liga de {sport}
        cuántos pasos di {past}
        cuál es mi horóscopo
        pide un día libre {soon}
        cuántos días de vacaciones me quedan
        cómo renuevo el carné de identidad
        dónde está la gasolinera más cercana
        genera una contraseña segura
        habla más despacio
    """),
    # In the words of a home, of something else.
    "near": lines("""
        gira a la izquierda en la iglesia
        pasa la página y sigue leyendo
        pon la mesa que llega {person}
        ponte el abrigo que nos vamos
        ponle sal al agua de la pasta
        ponte en el lugar de {person}
        no te pongas así con {person}
        abre la boca y di a
        abre el cuaderno por la página {number}
        abre tu regalo es de parte de {person}
        quieren abrir un restaurante en {city}
        está abierto el museo de {city} {soon}
        cierra los ojos y piensa en {person}
        cierra el pico
        cierra la boca cuando comas
        cerraron la fábrica de {city} {past}
        apaga ese cigarro que hay niños
        el volcán lleva {number} siglos apagado
        {person} encendió una vela en la iglesia
        se ve la luz al final del túnel
        cuál es la velocidad de la luz
        {person} no tiene muchas luces
        dio a luz en {city} {past}
        en el semáforo tuerce a la derecha
        sube al coche que vamos a {city}
        sube a acostarte que es tarde
        baja de ese árbol ahora mismo
        baja la cabeza que te das
        baja la voz que duerme {person}
        levanta la mano antes de hablar
        han subido los precios en {country}
        la temperatura del sol
        a qué temperatura se funde el plomo
        qué temperatura corporal tiene {animal}
        creo que {person} tiene fiebre
        hace más frío en {country} que en {city}
        juega con tu hermana
        quieres jugar al {sport} con {person}
        quién hace de {figure} en esa película
        para de pegar a tu hermano
        ha dejado de {doing}
        lánzale la pelota al perro
        pásame la sal por favor
        le toca jugar a {person}
        la próxima vez iremos a {country}
        mi hermano se quedó fuera sin llaves
        la clave de la felicidad es {doing}
        le dio con la puerta en las narices
        cae el telón y el público aplaude
        cuál es el volumen de un cubo
        cállate
        calla que {person} intenta dormir
        qué hora es en {city}
        es hora de ir al colegio
        en qué fecha fue la batalla de {city}
        cuánto tiempo se tarda en llegar a {city}
        en {number} minutos llega {somebody}
        hace {number} minutos estaba con {person}
        recuérdame cómo se llama {person}
        suma {number} y {number}
        añade a {person} como contacto
        cancela mi cita con {somebody}
        cuál es la lista de los reyes godos
        límpiate las gafas que no ves nada
        barre para casa como siempre {person}
        corta el pan en rebanadas
        córtate las uñas
        dónde trabaja {person}
        cuánta gente vive en {country}
        {person} sigue siendo {job}
        hay algún médico en la sala
        la casa blanca está en washington
        vuelve a casa que te espera {person}
        quién compuso esa canción sobre {figure}
        cambia de tono cuando hables con {person}
        cambia {number} euros a dólares
        arregla tus problemas con {person}
        anuncia tu boda a {person} {soon}
        no me montes una escena delante de {person}
        {person} está en la luna
    """),
    # Of what nobody can know: a device remembers no sentence.
    "pointing": spun(
        """
        (apága|enciénde|prénde|ábre|ciérra|bája|súbe|actíva|desactíva|bloquéa)(lo|la|los|las)
        (apága|enciénde|ábre|ciérra)(lo|la|los|las) (por favor|otra vez|también|un poco|ya)
        por favor (apága|enciénde|ábre|ciérra)(lo|la|los|las)
        (puedes|podrías) (apagar|encender|abrir|cerrar|bajar|subir)(lo|la|los|las)
        (apaga|enciende|prende|abre|cierra|baja|sube|activa) IT
        (apaga|enciende|abre|cierra) IT (por favor|también|otra vez)
        (pon|ajústa)(lo|la|los|las) (al|a) {number} (por ciento|grados)
        (pon|ajusta|cambia) IT (al|a) {number}
        pon(lo|la|los|las) en (azul|rojo|verde)
        déja(lo|la|los|las) (así|como está)
        haz lo mismo con IT
        y IT también
        (está|sigue) (encendido|abierto|cerrado) IT
    """.replace("IT", _IT)
    ),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""
