"""Sentences that no smart home should answer, made up from frames and word lists: questions, talk, television and what
other products do. English; all written for this project.

Valid and test rows have frames and words that train rows have not: a device calibrated on valid rows meets strangers'
sentences of a kind that it knows, in words that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from zlib import crc32

from schemas.perturb.word_list import entries
from schemas.recipes.names import Split


def _lines(table: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in table.strip().splitlines())


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
}
"""Word list -> its entries."""

FRAMES: Mapping[str, tuple[str, ...]] = {
    "question": _lines("""
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
        who made you
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
    """),
    "talk": _lines("""
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
    """),
    "television": _lines("""
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
    """),
    "skill": _lines("""
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
    """),
}
"""Kind -> frames; `{word list}` stands for one of its entries."""

_OPEN = re.compile(r"\{(\w+)\}")
_HELD_OUT = 4
"""One in so many frames and words is kept from train."""


def outside_text(split: Split, rng: Random) -> str:
    """Return one sentence, in lower case."""
    frame = rng.choice([each for each in FRAMES[rng.choice(list(FRAMES))] if _is_for(each, split)])
    return _OPEN.sub(lambda slot: rng.choice([each for each in WORDS[slot[1]] if _is_for(each, split)]), frame)


def _is_for(text: str, split: Split) -> bool:
    """Valid and test rows share what train rows never say."""
    return (crc32(text.encode()) % _HELD_OUT == 0) == (split != "train")
