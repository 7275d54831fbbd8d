"""English."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries, lines, spun

WORDS: Mapping[str, tuple[str, ...]] = {
    "place": entries("""
        france, peru, canada, norway, brazil, egypt, tokyo, madrid, chicago, lisbon, the alps, the moon, mexico, kenya
        iceland, boston, rome, vietnam, texas, sweden, the ocean, greece, ohio, dublin, cairo, the north pole, chile
        vienna, india, scotland, nairobi, hungary, jupiter, florida, poland, seoul, cuba, denver, ireland, new york
    """),
    "person": entries("""
        my sister, the teacher, your boss, the doctor, his cousin, that singer, our neighbour, the mayor, my aunt
        the plumber, her best friend, the coach, my landlord, the queen, the waiter, their son, the pilot, my lawyer
        the president, your mother, the new guy, my grandfather, this actor, the dentist, your colleague, einstein
    """),
    "thing": entries("""
        a violin, bread, an elephant, gold, a volcano, the piano, cheese, democracy, a haiku, the brain, a passport
        coffee, the telephone, a whale, chess, silver, the wheel, a rainbow, gravity, an avocado, a hedgehog, soap
        football, rice, the internet, an oyster, jazz, a diamond, penicillin, steel, a spider, the bicycle, a mortgage
        cotton, a tornado, photosynthesis, a marathon, yoga, the stock market, a kangaroo, algebra, beer
    """),
    "food": entries("""
        lasagne, pancakes, chicken soup, a curry, tacos, an apple pie, sushi, risotto, an omelette, brownies, a salad
        fried rice, pea soup, dumplings, cheesecake, meatballs, hummus, ramen, a steak, roast potatoes
    """),
    "feeling": entries("""
        tired, so happy, bored, hungry, quite sure, a bit worried, late again, very proud, sick of it, not ready
        lost, angry with you, in love, freezing, confused, too old for this, half asleep, on my way, so excited
    """),
    "time": entries("""
        tomorrow, last week, on friday, next month, this morning, in the summer, yesterday, tonight, on monday, in june
        at the weekend, after lunch, last year, before christmas, next tuesday, all day, in the evening, two days ago
    """),
    "account": entries("""
        savings account, credit card, checking account, bank account, phone bill, insurance, electric bill, pension
        visa card, mortgage, subscription, library card, tax return, paycheck, gift card, student loan
    """),
    "number": entries(
        "12, fourteen, 250, nineteen, 7, three hundred, 48, sixty six, 1000, ninety, 33, eleven, 5, eighty"
    ),
    "language": entries(
        "spanish, french, german, italian, dutch, korean, arabic, greek, russian, swahili, latin, hindi"
    ),
    "work": entries("""
        report, contract, homework, essay, speech, presentation, letter, invoice, thesis, application, novel, poem
    """),
    "animal": entries("""
        cat, horse, shark, eagle, frog, hamster, cow, parrot, wolf, snake, bee, goldfish, tiger, squirrel, duck, goat
        penguin, turtle, ant, rabbit, camel, owl, mouse, dolphin
    """),
    "job": entries("""
        nurse, lawyer, pilot, teacher, plumber, actor, chef, journalist, engineer, banker, farmer, electrician, judge
        painter, librarian, soldier, barber, manager, translator, carpenter, detective, baker
    """),
    "sport": entries("""
        tennis, golf, basketball, hockey, baseball, swimming, boxing, rugby, cricket, skiing, volleyball, surfing
        cycling, wrestling, fencing, rowing, darts, climbing
    """),
    "body": entries("""
        knee, tooth, stomach, left eye, shoulder, throat, ear, neck, big toe, wrist, elbow, heart, skin, hair, nose
        ankle, chin, lung, blood pressure, thumb
    """),
    "trait": entries("""
        smart, tall, rich, old, famous, strange, healthy, cheap, boring, dangerous, popular, honest, rude, funny, weird
        brave, lonely, lucky, cruel, useful, clever, selfish, gentle, ordinary, ugly, wise
    """),
    "doing": entries("""
        learning, swimming, arguing, dreaming, saving money, growing up, travelling alone, writing, voting, dancing
        moving abroad, getting married, breathing, smoking, retiring, changing jobs, thinking, singing, lying
        waiting in line, shopping, drawing, studying, driving, eating less, hiking, gambling
    """),
    "goods": entries("""
        shoes, a laptop, a winter coat, headphones, glasses, a wedding dress, a bike helmet, shampoo, a backpack
        toothpaste, a used car, a camera, jeans, diapers, a tent, a ring, a mattress, stamps, tyres, a puppy, a boat
        concert tickets, vitamins, a birthday cake
    """),
}
"""Word list -> its entries."""

_IT = "(it|that|them|this|those|these|that one|this one|that thing|the other one)"

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": lines("""
        what is the capital of {place}
        how many people live in {place}
        how far is it to {place}
        who invented {thing}
        what is {thing} made of
        how do you spell {thing}
        how does {thing} work
        why is {thing} so expensive
        where does {thing} come from
        what is the difference between {thing} and {thing}
        how much does {thing} weigh
        tell me something about {thing}
        do you know what {thing} is
        how old is {person}
        what is {number} times {number}
        what is {number} plus {number}
        how do i make {food}
        what goes well with {food}
        how many calories are in {food}
        how long does it take to cook {food}
        who is {person}
        when was {person} born
        where was {person} born
        which language do they speak in {place}
        what is the history of {place}
        is {thing} dangerous
        how do you say good evening in {language}
        what does that word mean in {language}
        what is the square root of {number}
        who is the president of {place}
        what is the population of {place}
        what currency do they use in {place}
        why did {person} leave
        what are the side effects of aspirin
        who won the match {time}
        what is your name
        what is your favourite food
        how old are you
        are you a real person
        what do you think of {person}
        can you explain {thing}
        give me three facts about {place}
        define {thing}
        how many {thing} are there in the world
        which year did the war end
        how deep is the ocean near {place}
        is it safe to eat {food} raw
        what rhymes with {thing}
        what is the best way to get to {place}
        did {person} ever win a prize
        where can i buy {thing}
        how many legs does a {animal} have
        what does a {animal} eat
        how long does a {animal} live
        why does a {animal} sleep so much
        is a {animal} faster than a {animal}
        what would happen if a {animal} met a {animal}
        which one is better a {animal} or a {animal}
        how much does a {job} earn
        how does one become a {job}
        should i become a {job}
        what does a {job} do all day
        is {sport} harder than {sport}
        what are the rules of {sport}
        who is the best at {sport} these days
        how did {sport} begin
        why does my {body} hurt
        is {doing} good for you
        what are the benefits of {doing}
        does {doing} make you {trait}
        why are some people so {trait}
        what makes somebody {trait}
        is {person} really that {trait}
        who was the most {trait} king of all
        what is the most {trait} city in {place}
        how do i stop {doing}
        where did the word {trait} come from
        what is another word for {trait}
        what is the opposite of {trait}
        how would you use {trait} in a sentence
        what does it mean when someone is {trait}
        how do magnets work
        who wrote that famous book about a {animal}
        what happened in {place} during the war
        what were the causes of the civil war
        how many planets are there
        what is the distance between {place} and {place}
        which countries share a border with {place}
        what religion do they have in {place}
        when did people first get to {place}
        how big is {place} compared with {place}
        do i need a vaccine for {place}
        is {place} worth seeing
        what should i see first in {place}
        how many hours ahead of us is {place}
        what animals live in {place}
        what is the best university in {place}
        what is {number} divided by {number}
        what is {number} percent of {number}
        how many zeros are in a billion
        is {number} a prime number
        how many ounces are in a pound
        how many days has february got
        what are the odds of winning at {sport}
        how many points is a goal worth in {sport}
        how do they make {goods}
        why are {goods} never on sale
        how do i get a stain out of a shirt
        how do i clean {goods}
        what size of {goods} should i get
        how long do {goods} last
        is there such a thing as ghosts
        do you believe in love at first sight
        do you like being a machine
        do you have any brothers or sisters
        what would you do with {number} dollars
        have you got feelings
        whose side are you on
        what do you dream of
        can you speak {language}
        how clever are you compared with {person}
        what is your opinion on {doing}
        are you married
        where did you grow up
        what is the point of {doing}
        why do we need {thing}
        who discovered {thing}
        how was {thing} made in the past
        which came first {thing} or {thing}
        can {thing} kill you
        does {thing} contain sugar
        what colour is {thing}
        what did they use before {thing}
        what is the chemical formula of {thing}
        how can i lose weight without {doing}
        how many steps should one walk
        what is a healthy heart rate
        is it a cold or the flu
        how long is one contagious
        how do i get rid of ants
        how do i tie a tie
        what is the dress code for a funeral
        how do i write a cover letter
        what is the minimum wage in {place}
        who do i vote for
        what is the difference between a {job} and a {job}
        which wine goes with {food}
        is {food} vegan
        what can i use instead of eggs in {food}
        how hot must {food} be inside
        who came up with {food}
        what is in {food}
    """),
    "talk": lines("""
        i am {feeling}
        i told {person} about it {time}
        {person} said that we should wait
        we went to {place} {time}
        did you talk to {person} {time}
        i think {person} is {feeling}
        {person} is coming {time}
        have you ever been to {place}
        i really like {food}
        let us have {food} {time}
        you said that {time}
        that is not what i meant
        i do not care what {person} thinks
        can you believe what {person} did {time}
        we need to talk about {person}
        my back hurts since {time}
        i was {feeling} when {person} called
        she never liked {thing}
        they moved to {place} {time}
        why are you {feeling}
        where did you put my keys
        come here and give me a hand
        do not touch that it is hot
        i have to finish the {work} {time}
        did you hand in the {work}
        he is always talking about {thing}
        honey have you seen my glasses
        it was a long day and i am {feeling}
        no that was {time}
        what did {person} say about the {work}
        {person} does not want to go to {place}
        i would rather stay here than go to {place}
        who ate the rest of the {food}
        could you pass me the {food}
        eat your {food} before it gets cold
        we should visit {person} {time}
        it is your turn to wash up
        are you listening to me
        yes and then {person} just left
        that is so funny
        wait for me i am {feeling}
        i forgot to call {person} {time}
        put on your shoes we are leaving
        he gave {person} a ring {time}
        well i do not know about that
        go to bed it is late
        and how was {place}
        do you want {food} or not
        if i were you i would become a {job}
        his {animal} ran away {time}
        those were the days
        my {body} has been killing me since {time}
        she is so {trait} it drives me mad
        he is way too {trait} for a {job}
        even {person} thought it was {trait}
        you are being {trait}
        i might go {doing} with {person}
        i used to be a {job} in {place}
        they both want to be a {job}
        nothing ever happens in {place}
        most of them are {trait} anyway
        once you start {doing} you never stop
        i have never been good at {doing}
        we lost at {sport} again
        he has been {doing} for years
        i would love to play {sport} more often
        the {animal} is hungry again
        i think we should get a {animal}
        whatever you say
        it is not worth it
        i only have {number} left
        she owes {person} {number} dollars
        how was your day
        sleep well see you {time}
        nice to meet you {person} told me about you
        happy birthday to you
        congratulations on the baby
        i am sorry for your loss
        you look great {time}
        what are we having for dinner
        did the {job} call back
        somebody took my {goods}
        have you paid the {job} yet
        because i said so that is why
        then do it yourself
        that was {trait} of her
        i cannot find my {goods} anywhere
        do these {goods} look good on me
        {person} gave me {goods} for christmas
        her {body} is broken and she is {feeling}
        we were stuck in traffic with {person}
        he should have asked {person} instead
        my phone died while i was talking to {person}
        try not to be so {trait}
        who else is coming {time}
        such a pity about {person}
        it happens to all of us
        there is no point in {doing}
        that makes no sense to me
        {doing} is all she ever talks about
        i failed my exam in {language}
        our {job} is on holiday until {time}
        well it was nice while it lasted
        they say it is {trait} to eat {food}
        you always forget {person}
        guess who i saw {time}
        as if {person} would ever be {trait}
        mom says you have to share
        stop it you two
        careful with that {animal}
        was that the postman or {person}
        get well soon says {person}
        he wore {goods} to the wedding
        you can have mine i am not hungry
        it smells like {food} in here
        tell him that he is {trait}
        this is between me and {person}
        my own mother was a {job}
    """),
    "television": lines("""
        and now the news from {place}
        the minister spoke about {thing} {time}
        scientists in {place} have found out more about {thing}
        call now and get {number} percent off
        he scores and it is {number} to nil
        our next guest is {person}
        stay with us after the break
        prices in {place} rose by {number} percent
        you have the right to remain silent
        i never loved you and {person} knows it
        the police in {place} are looking for a witness
        previously on this show
        get out of my house said {person}
        this programme contains scenes of violence
        {person} was voted out {time}
        add the {food} to the pan and stir
        welcome back to {place}
        millions watched the final {time}
        the suspect fled to {place}
        the winner takes home {number} thousand dollars
        new from the makers of {food}
        shares fell again {time}
        what a goal what a match
        the answer is {thing} correct
        we interrupt this programme
        he was last seen in {place} {time}
        the {job} denied that he had been {doing}
        tonight on the show a {job} who talks to a {animal}
        the {animal} hunts alone in the forests of {place}
        experts warn that {doing} may be {trait}
        in {sport} {place} beat {place} by {number} points
        order {goods} today and get {goods} for free
        with this cream your {body} will feel younger
        you are under arrest for the murder of {person}
        the verdict is expected {time}
        thousands marched against {thing} in {place}
        the storm will reach {place} {time}
        this week only {goods} at half price
        ladies and gentlemen please welcome {person}
        for {number} points which {animal} is this
        they found the body near {place}
        let us hear what the judges say about {person}
        i will find you and i will bring you back
        once there was a {animal} who wanted to be a {job}
        the council voted against the new stadium
        interest rates will rise {time}
        a {job} from {place} won the lottery
        nobody leaves this island alive
        coming up next a {trait} story from {place}
        the first half ends without a goal
        ask your doctor whether it is right for you
        the crowd goes wild what a match of {sport}
        he is not your father he is a {job}
        our reporter joins us live from {place}
        season with salt and serve with {food}
        the witness said that {person} was {trait}
    """),
    "skill": lines("""
        book a flight to {place} {time}
        find me a hotel in {place}
        what is the balance of my {account}
        pay my {account}
        when is my {account} due
        send an email to {person}
        text {person} that i am {feeling}
        call {person}
        translate hello into {language}
        how do i apply for a new {account}
        transfer {number} dollars to {person}
        how much did i spend {time}
        order {food} from the place on the corner
        reserve a table for {number} {time}
        show me a recipe for {food}
        tell me a joke about {thing}
        write a {work} for me
        read my {work} out loud
        what is on my calendar {time}
        schedule a meeting with {person} {time}
        is my flight to {place} delayed
        do i need a visa for {place}
        rent a car in {place} {time}
        how is the traffic to {place}
        get me a taxi
        freeze my {account}
        my {account} was stolen
        what is the exchange rate in {place}
        convert {number} miles to kilometres
        flip a coin
        roll a dice
        what is the score of the game
        how much is a ticket to {place}
        remind {person} of the {work}
        change your accent
        talk more slowly
        what is my credit score
        i want to report a fraud on my {account}
        are there any good restaurants in {place}
        how many vacation days do i have left
        where is my package
        track my order of {food}
        how do i jump start a car
        schedule an oil change {time}
        what is the gas mileage of this car
        find my phone
        share my location with {person}
        sync with my phone
        which song is this
        take a photo of {person}
        look up {thing}
        post this for {person}
        sign me up for {thing}
        search the web for {thing}
        buy {goods} for {person}
        how much are {goods}
        compare prices of {goods}
        return the {goods} that i ordered {time}
        where are my {goods} did they ship
        is there a discount on {goods}
        find a {job} near me
        get me an appointment with the {job} {time}
        how late is the {job} open
        what are the reviews of that {job}
        show me jobs as a {job} in {place}
        who won at {sport} {time}
        when does the {sport} season start
        who is playing {sport} {time}
        teach me some {language}
        start my {language} lesson
        how do you pronounce {trait} in {language}
        quiz me about {place}
        tell me a riddle about a {animal}
        what sound does a {animal} make
        sing happy birthday
        read the news from {place}
        what are the headlines about {thing}
        how are my stocks doing
        sell all my shares in {thing}
        what is the price of gold
        log my weight
        how many calories did i burn {time}
        track my sleep
        count my steps
        start a {sport} workout
        give me a good excuse for {doing}
        match me with someone who likes {sport}
        how do i renew my passport
        when is the next bus to {place}
        where can i park near {place}
        book me a seat by the window
        upgrade my flight to {place}
        cancel my reservation for {number}
        what is the wifi password of the hotel
        check in for my flight
        what gate does my flight leave from
        how much luggage can i bring
        send flowers to {person}
        forward that email to {person}
        read my last message from {person}
        reply that i am {feeling}
        block that number
        who called me {time}
        video call {person}
        share this photo with {person}
        delete my browser history
        update the app
        back up my files
        print my {work}
        proofread my {work}
        summarise this {work}
        save this as a {work}
        what is my bank's routing number
        raise the limit of my {account}
        why was my {account} declined
        close my {account}
        open a new {account}
        what rate do i get on a {account}
        dispute a charge on my {account}
        request time off {time}
        how much is left of my {account}
        do i qualify for a {account}
        file my taxes
        what does my insurance cover
        is my car due for service
        how much air goes into the tyres
        where is the nearest petrol station
        how many miles can i still drive
        swap {food} for {food}
        what can i cook with rice and eggs
        is there a vegan restaurant around
        how long can i keep {food} in the freezer
        generate a password
        pick a number up to {number}
        what is my horoscope
        check the spelling of {trait}
        cite a source for {thing}
        explain this joke about a {animal}
        recommend a book about {thing}
        who starred in that film about a {animal}
        what is on at the cinema {time}
        how is the book about {place} rated
        give this novel four stars
    """),
    # In the words of a home, of something else.
    "near": lines("""
        turn left at the church
        turn around and face {person}
        turn the page and read on
        turn in your {work} {time}
        it is my turn to be {trait}
        it turns out {person} is {trait}
        set the table for {person}
        set a good example for {person}
        set sail for {place}
        the sun sets early in {place}
        switch seats with {person}
        i want to switch to a new {job}
        switch places with the {job}
        open your mouth and say ah
        open a restaurant in {place}
        is the museum in {place} open {time}
        close your eyes and think of {place}
        are you close to {person}
        how close is {place} to {place}
        stop {doing} right now
        stop hitting your brother
        start your own business in {place}
        when does the game start
        how do i start {doing}
        he started {doing} {time}
        play fair with {person}
        play {sport} with {person}
        who plays the {job} in that film
        do you play {sport}
        add salt to the {food}
        add {number} and {number}
        add {person} as a friend
        cancel my {account}
        cancel the {job} {time}
        lower your voice {person} is asleep
        raise your hand if you are {trait}
        raise a child in {place}
        is {person} up for {sport}
        what is up with {person}
        how hot is it on the sun
        how cold does it get in {place}
        what temperature is best for {food}
        what temperature does gold melt at
        how warm is a {animal}
        is it colder in {place} than in {place}
        do i have a temperature
        what time is it in {place}
        what day was {person} born
        what was the date of the battle
        what is the best time for {doing}
        how much time do we have for {sport}
        give me some time i am {feeling}
        last time it took {number} minutes on foot
        in {number} minutes the {job} will be here
        the race is over after {number} minutes
        remind me who {person} is
        is {person} still {trait}
        is {person} a {job}
        is anybody here a {job}
        how many people work in {place}
        how many people play {sport}
        how many of them are {trait}
        are there any {trait} people in {place}
        where is my {goods}
        where is the nearest {job}
        where does {person} work
        who do you work for
        does {person} work {time}
        who lives in {place}
        what state is {place} in
        what is the state of {thing}
        how light is {thing}
        the light at the end of the tunnel
        what is the speed of light
        a light lunch of {food}
        at which traffic light do i turn
        the fans of {place} sang {time}
        i am a fan of {sport}
        he is a huge fan of {person}
        the lock on my {goods} is broken
        lock up the {job} said {person}
        the door to success is {doing}
        who let the {animal} out
        show me pictures of {place}
        show me how to tie {goods}
        show {person} your {body}
        next week we go to {place}
        who is next in line
        what comes next after {number}
        skip the line at the {job}
        i skipped lunch {time}
        is it true that the {animal} can change colour
        change my name to {person}
        change {number} dollars into euros
        change the oil of the car
        move to {place} with {person}
        clean your plate
        clean up after the {animal}
        dust makes me sneeze
        announce our wedding to {person}
        announce the winner of the {sport} game
        check my {body} please
        check whether {person} is {trait}
        check the balance of my {account}
        put on your {goods}
        put {person} through to the {job}
        pause to think about {thing}
        a short break from {doing}
        resume {doing} {time}
        the volume of a cube
        how loud is a {animal}
        mute people on the internet
        shut up {person}
        he shut down his company {time}
        shut your eyes
        run a bath said {person}
        run to {person}
        run for president of {place}
        go home it is late
        is there life outside of {place}
        take me home to {place}
        my home country is {place}
        what song did {person} write
        i wrote a song about {thing}
        who sang that song from {place}
        what is the list of kings of {place}
        list the capitals of the world
        list three kinds of {animal}
        name a {trait} {job}
        tell me who is the boss of {person}
        call a {job}
        call {person} a liar
        call it a day
        find {goods} under {number} dollars
        find out who {person} is
        broadcast rights cost {number} million
        all the {animal} books are sold out
        dim sum with {person} {time}
        brighten up {person} is here
        the weather forecast was wrong about {place}
    """),
    # Of what nobody can know: a device remembers no sentence.
    "pointing": spun(
        """
        (turn|switch|put) IT (on|off)
        turn IT (back on|off again|off please|on please|on too|off as well)
        (please|now|and|can you|could you|would you) (turn|switch) IT (on|off)
        (open|close|shut|lock|unlock) IT
        (open|close|shut|lock|unlock) IT (please|again|for me|a little|halfway)
        (please|can you|could you|would you) (open|close|shut|lock|unlock) IT
        (set|put|change|dim|turn) IT to {number} (percent|degrees)
        (set|put|change) IT to {number}
        (dim|raise|lower|brighten) IT
        (dim|raise|lower|brighten) IT (please|a bit|a little|for me)
        (make|turn) IT (brighter|darker|blue|red|green|white)
        (activate|deactivate|disable|enable) IT
        (leave|keep) IT (on|off|open|closed)
        do the same (with|for) IT
        and IT too
        is IT (on|off|open|locked)
        (did you|why did you) (turn|switch) IT (on|off)
    """.replace("IT", _IT)
    ),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""
