"""What people really say, by hand: `python -m bench.said --bundle FOLDER [--sentences FILE --names FILE]`.

Sentences that no template and no recipe made, a kind a table row, asked in one small home whose names the device knows.
An answer is right where the intent is right and all slots, spoken and not, have the values that are meant.
`bench/everyday` has more of them, in a home of its own: `dev.txt` may be looked at by who changes recipe or rules,
`held.txt` measures.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from trunkline_edge.understanding.names import Entry, Names
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime, open_folder

HOME: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "floor": {"ground": ("Ground Floor", "downstairs"), "upper": ("Upper Floor", "upstairs")},
    "area": {
        "kitchen": ("Kitchen",),
        "living": ("Living Room",),
        "bed": ("Bedroom",),
        "office": ("Office",),
        "hall": ("Hallway",),
        "garage": ("Garage",),
    },
    "entity": {
        "light.standing": ("Floor Lamp",),
        "light.bedside": ("Bedroom Lamp",),
        "light.stove": ("Stove Light",),
        "light.strip": ("Strip 2",),
        "fan.ceiling": ("Ceiling Fan",),
        "media_player.tv": ("TV", "Television"),
        "media_player.radio": ("Kitchen Radio",),
        "climate.heater": ("Heater",),
        "cover.garage": ("Garage Door",),
        "cover.left": ("Left Curtain",),
        "lock.front": ("Front Door",),
        "switch.coffee": ("Coffee Machine",),
        "sensor.outside": ("Outside Temperature",),
        "sensor.solar": ("Solar Power",),
        "sensor.phone": ("Phone Battery",),
        "person.ann": ("Ann",),
        "person.jim": ("Jim",),
        "vacuum.dusty": ("Dusty",),
        "scene.cosy": ("Cosy Evening",),
        "todo.diy": ("Hardware Store",),
    },
}
SAID: Mapping[str, str] = {
    "corrections": """
        turn on the, no, off the floor lamp | HassTurnOff name=light.standing
        open no wait close the garage door | HassTurnOff name=cover.garage
        turn off the heater sorry the ceiling fan | HassTurnOff name=fan.ceiling
        dim the kitchen lights to 20 no 30 percent | HassLightSet area=kitchen brightness=30 domain=light
        set a timer for ten i mean fifteen minutes | HassStartTimer minutes=15
        mute the, actually, pause the tv | HassMediaPause name=media_player.tv
        set the bedroom no the office lights to blue | HassLightSet area=office color=blue domain=light
        switch the tv on no off | HassTurnOff name=media_player.tv
    """,
    "named first": """
        hallway lights, off | HassTurnOff area=hall domain=light
        the floor lamp, switch it on please | HassTurnOn name=light.standing
        bedroom lights turn them off | HassTurnOff area=bed domain=light
        office lights on | HassTurnOn area=office domain=light
        ceiling fan off | HassTurnOff name=fan.ceiling
        the coffee machine can you turn it on | HassTurnOn name=switch.coffee
        floor lamp, set it to 40 percent | HassLightSet name=light.standing brightness=40
        kitchen lights, dim them to ten percent | HassLightSet area=kitchen brightness=10 domain=light
    """,
    "without a verb": """
        bedroom 50 % | HassLightSet area=bed brightness=50 domain=light
        hallway 20 percent | HassLightSet area=hall brightness=20 domain=light
        floor lamp 70 % | HassLightSet name=light.standing brightness=70
        kitchen lights thirty percent | HassLightSet area=kitchen brightness=30 domain=light
        stove light red | HassLightSet name=light.stove color=red
        office brightness 15 percent | HassLightSet area=office brightness=15 domain=light
        ceiling fan 80 percent | HassFanSetSpeed name=fan.ceiling percentage=80
        lights off upstairs | HassTurnOff floor=upper domain=light
    """,
    "names with numbers": """
        turn on strip 2 | HassTurnOn name=light.strip
        set strip two to 60 percent | HassLightSet name=light.strip brightness=60
        make strip 2 green | HassLightSet name=light.strip color=green
        is strip 2 on | HassGetState name=light.strip state=on
        switch strip two off | HassTurnOff name=light.strip
        strip 2 off please | HassTurnOff name=light.strip
    """,
    "sensors": """
        what is the outside temperature | HassGetState name=sensor.outside
        what's the outside temperature right now | HassGetState name=sensor.outside
        how high is the solar power | HassGetState name=sensor.solar
        whats the phone battery | HassGetState name=sensor.phone
        tell me the state of the phone battery | HassGetState name=sensor.phone
        how is the solar power | HassGetState name=sensor.solar
        what's the temperature in the bedroom | HassClimateGetTemperature area=bed
        what is the temperature of the heater | HassClimateGetTemperature name=climate.heater
    """,
    "people": """
        is ann home | HassGetState name=person.ann state=home
        is jim at work | HassGetState name=person.jim state=work
        where is ann | HassGetState name=person.ann
        where's jim | HassGetState name=person.jim
        is anyone home | HassGetState state=home domain=person
        is ann at school | HassGetState name=person.ann state=school
    """,
    "media": """
        play let it be | HassMediaSearchAndPlay search_query="let it be"
        play 99 luftballons on the tv | HassMediaSearchAndPlay search_query="99 luftballons" name=media_player.tv
        play seven nation army in the office | HassMediaSearchAndPlay search_query="seven nation army" area=office
        play some quiet piano music | HassMediaSearchAndPlay search_query="some quiet piano music"
        play the movie up on tv | HassMediaSearchAndPlay media_class=movie search_query=up name=media_player.tv
        play light my fire by the doors | HassMediaSearchAndPlay search_query="light my fire by the doors"
        turn the kitchen radio down | HassSetVolumeRelative name=media_player.radio volume_step=down
        skip to the next song on the tv | HassMediaNext name=media_player.tv
    """,
    "lengths of time": """
        set a timer for one and a half hours | HassStartTimer hours=1 minutes=30
        set a timer for an hour and a half | HassStartTimer hours=1 minutes=30
        set a timer for two and a half minutes | HassStartTimer minutes=2 seconds=30
        set a timer for an hour | HassStartTimer hours=1
        set a half hour timer | HassStartTimer minutes=30
        set a timer for three quarters of an hour | HassStartTimer minutes=45
        set an egg timer for four and a half minutes | HassStartTimer timer_name=egg minutes=4 seconds=30
        add an hour and a half to my timer | HassIncreaseTimer hours=1 minutes=30
        remove 5 minutes from my 20 minute timer | HassDecreaseTimer minutes=5 start_minutes=20
        take ten minutes off the one hour timer | HassDecreaseTimer minutes=10 start_hours=1
    """,
    "courtesies": """
        could you turn off the floor lamp, thank you | HassTurnOff name=light.standing
        um turn on the uh ceiling fan please | HassTurnOn name=fan.ceiling
        would you be so kind and open the garage door | HassTurnOn name=cover.garage
        i'd like you to turn on the kitchen lights thanks a lot | HassTurnOn area=kitchen domain=light
        start dusty, would you | HassVacuumStart name=vacuum.dusty
        add two lemons to the shopping list thanks | HassShoppingListAddItem item="two lemons"
        add screws to my hardware store list if you don't mind | HassListAddItem item=screws name=todo.diy
        please lock the front door for me tonight | HassTurnOn name=lock.front
        so can we have cosy evening please | HassTurnOn name=scene.cosy
        turn off everything in the office, cheers | HassTurnOff area=office domain=light
    """,
    "several": """
        turn off the lamp and the fan | HassTurnOff domain=light & HassTurnOff domain=fan
        turn on the stove light and open the garage door | HassTurnOn name=light.stove & HassTurnOn name=cover.garage
        hallway lights off and tv on | HassTurnOff area=hall domain=light & HassTurnOn name=media_player.tv
        turn off kitchen and hallway lights | HassTurnOff area=kitchen domain=light & HassTurnOff area=hall domain=light
        turn off the heater and the coffee machine | HassTurnOff name=climate.heater & HassTurnOff name=switch.coffee
        pause the tv and start dusty | HassMediaPause name=media_player.tv & HassVacuumStart name=vacuum.dusty
        turn off the wozzle and the frumble | HassTurnOff name=null & HassTurnOff name=null
        lock the front door then turn off all lights | HassTurnOn name=lock.front & HassTurnOff domain=light
    """,
}
"""Kind -> lines of a sentence and what it means: intent and slots, of several commands with `&` between."""


def meant(line: str) -> tuple[str, list[str]]:
    """Return a sentence and its commands, each as one text in a fixed order."""
    text, _, commands = line.strip().partition(" | ")
    return text, [_sorted(command) for command in commands.split(" & ")]


def _sorted(command: str) -> str:
    intent, _, slots = command.strip().partition(" ")
    quoted = slots.split('"')
    for i in range(1, len(quoted), 2):
        quoted[i] = quoted[i].replace(" ", "_")
    return " ".join([intent, *sorted("".join(quoted).split())])


def answered(result: Result) -> list[str]:
    """Return what a device would do, in the form of `meant`; nothing where it turns it down."""
    commands = []
    for intent in result.intents if not result.rejected else ():
        slots = {slot.label or slot.name: slot.id if slot.is_name else slot.value for slot in intent.slots}
        slots = {{"zone": "state"}.get(name, name): value for name, value in slots.items()} | dict(intent.unspoken)
        said = (f"{name}={'null' if value is None else str(value).replace(' ', '_')}" for name, value in slots.items())
        commands.append(" ".join([intent.name, *sorted(said)]))
    return commands


def read_sentences(file: Path) -> dict[str, str]:
    """Return a file in the form of `SAID`: a line `# kind` stands before the sentences of a kind."""
    kinds = (part.partition("\n") for part in file.read_text().split("# ")[1:])
    return {kind: lines for kind, _, lines in kinds}


def ask(runtime: Runtime, said: Mapping[str, str], home: Names) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield kind, sentence, what is meant and what was answered."""
    runtime.know(home)
    for kind, lines in said.items():
        for line in lines.strip().splitlines():
            text, commands = meant(line)
            yield kind, text, commands, answered(runtime.parse(text))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(prog="python -m bench.said")
    parser.add_argument("--bundle", type=Path, action="append", required=True, help="a bundle of home; may be repeated")
    parser.add_argument("--sentences", type=Path, help="a file like bench/everyday/held.txt (default: those of here)")
    parser.add_argument("--names", type=Path, help="the home in which they are said, as a device's names.json")
    parser.add_argument("--wrong", action="store_true", help="show what is not right")
    options = parser.parse_args(arguments)
    said = read_sentences(options.sentences) if options.sentences else SAID
    home = Names({of: tuple(Entry(*pair) for pair in names.items()) for of, names in HOME.items()})
    if options.names:
        home = Names.from_bytes(options.names.read_bytes())
    table = Table("said", "sentences", title="right / wrong, the others turned down", title_justify="left")
    found: dict[str, list[str]] = {kind: [] for kind in said}
    for folder in options.bundle:
        table.add_column(folder.name, justify="right")
        asked = list(ask(open_folder(folder), said, home))
        for kind in said:
            mine = [(wanted, got) for of, _, wanted, got in asked if of == kind]
            right = sum(wanted == got for wanted, got in mine)
            found[kind].append(f"{right} / {sum(bool(got) and wanted != got for wanted, got in mine)}")
        for _, text, wanted, got in asked if options.wrong else ():
            if wanted != got:
                Console().print(f"{folder.name}: {text!r}: {' & '.join(got) or 'turned down'}", highlight=False)
    for kind, cells in found.items():
        table.add_row(kind, str(len(said[kind].strip().splitlines())), *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
