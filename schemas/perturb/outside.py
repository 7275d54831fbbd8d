"""Utterances that a voice product should leave alone: talk, other languages, noise. In two halves, as the wordings.

For data sets without out-of-scope rows. What is talk to a smart home may be business to another product; so a
calibration bounds what these may cost it (`deploy.bundle.calibrate`). All written for this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from schemas.perturb.word_list import lines
from schemas.perturb.wordings import Part

Outside = Literal["talk", "other_language", "noise"]


OUTSIDE: Mapping[Part, Mapping[Outside, tuple[str, ...]]] = MappingProxyType(
    {
        "train": {
            "talk": lines("""
                and then she said that she would rather walk home
                i never liked that uncle of yours anyway
                the goalkeeper had no chance with that shot
                did you see what the neighbours did to their hedge
                who wrote the first novel about vampires
                my knee still hurts from yesterday
                we could have soup and some bread tonight
                how tall is the highest mountain of africa
                he failed his driving test for the third time
                that was the funniest thing i have heard all year
                why do cats always land on their feet
                stop teasing your sister and eat your beans
                the train was late again so we missed the beginning
                which king had six wives
                translate good morning into portuguese
                she is studying chemistry in another city
                what rhymes with orange
                our team is second in the league now
                i think the dog ate something strange
                do fish ever sleep
                the president gave a speech about taxes
                you should write that down before you forget
                nobody told me that the meeting was cancelled
                solve x squared minus four equals zero
                breaking news from the capital this evening
                this yarn is too thin for a sweater
                once upon a time there was a poor miller
                they named the baby after his grandfather
                is it true that bees can count
                call me a cab to the airport
                how many calories are in an avocado
                what did you get for your birthday
                the plot makes no sense after the second episode
                is a tomato a fruit
                write an essay about the french revolution
                i was only joking
                what is the meaning of life
                we are running out of patience
                it serves him right
                no i do not believe a word of it
            """),
            "other_language": lines("""
                mach bitte das licht im wohnzimmer an
                wie wird das wetter morgen in hamburg
                stell den wecker auf sieben uhr
                ich habe heute keine lust zu kochen
                allume la lumière dans la cuisine
                quel temps fera-t-il demain matin
                je ne sais pas où sont mes clés
                mets de la musique dans le salon
                enciende las luces del dormitorio
                no me acuerdo de dónde lo puse
                qué hora es ahora mismo
                accendi la luce in cucina per favore
                che tempo fa oggi a milano
                doe de lampen in de keuken uit
                tänd lampan i vardagsrummet
                włącz światło w kuchni
                ligue as luzes da sala
                включи свет на кухне
                打开客厅的灯
                रसोई की बत्ती जला दो
            """),
            "noise": lines("""
                ♪ ♪ ♪
                [music]
                (applause)
                hm hm hm
                aaaaaah
                pf pf pf pf
                la la la la la
                brrrr
                asdf jkl asdf
                xqz
                ...
                ha ha ha
                tk tk tk
                0 0 0 0 0
                sssssss
            """),
        },
        "held_out": {
            "talk": lines("""
                you will never guess whom i met at the market
                the referee must have been blind
                my grandmother used to bake that every sunday
                what is the capital of mongolia
                he said he was sorry but i doubt it
                our flight leaves at noon from the other terminal
                who painted the ceiling of that chapel
                her brother moved to canada last spring
                i do not understand this exercise at all
                the soup needs more salt if you ask me
                how far away is the sun
                can penguins fly
                that film was far too long
                put your shoes on we are late
                how do you spell rhinoceros
                the cat brought a mouse to the bed
                they have been married for forty years
                what is seventeen times nineteen
                say something in latin
                tell me a story about a dragon
                i might apply for that job after all
                the bus driver shouted at everybody
                which planet has the most moons
                she painted her nails green
                we used to live next to a bakery
                are you afraid of spiders
                his phone number is the same as before
                inflation rose again last month
                i would not do that if i were you
                read me the first chapter of that book
                what a terrible idea
                book a table for two at the thai place
                the dentist wants to see you again
                is there life on other planets
                send an email to my boss
                it rained the whole holiday
                why is the sky blue
                you owe me twenty euros
                the kids are asleep at last
                convert three miles to kilometres
            """),
            "other_language": lines("""
                schalte die lampe im flur aus
                welcher tag ist heute
                spiel etwas ruhige musik
                das habe ich dir doch schon gesagt
                éteins la télé s'il te plaît
                baisse le volume de la radio
                il faut acheter du pain et du lait
                on se voit demain à midi
                apaga la televisión
                pon una alarma a las seis y media
                mañana vamos a la playa
                spegni tutto e buonanotte
                dove hai messo le chiavi
                zet de muziek wat harder
                stäng av teven
                jaka jutro będzie pogoda
                apague a luz do quarto
                какая завтра погода
                今天天气怎么样
                बाहर मौसम कैसा है
            """),
            "noise": lines("""
                ♫
                [laughter]
                (dog barking)
                mm mm
                ooooooh
                psh psh
                da dum da dum
                grrrr
                qwer tyu qwer
                zzkx
                ?!
                hehehe
                click click click
                9 9 9 9
                shhhhh
            """),
        },
    }
)
"""Part -> kind -> texts."""
