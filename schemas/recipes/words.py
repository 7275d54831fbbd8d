"""Word tables from which `names` composes homes: data alone.

All written for this project. Two rules keep a made-up home readable by someone who does not know it:
kinds of one domain are not kinds of another, and no modifier of a device is the name of a room.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.word_list import entries

ROOMS = entries("""
    kitchen, living room, bedroom, bathroom, dining room, office, hallway, garage, garden, guest room, kids room
    nursery, laundry room, study, playroom, library, pantry, terrace, balcony, patio, porch, entrance, corridor
    closet, lounge, master bedroom, guest bathroom, home office, utility room, game room, family room, workshop
    music room, sunroom, gym, conservatory, studio, shed, toilet, backyard, front yard, driveway, storage room
    dressing room, tv room, hall
""")
RARE_ROOMS = entries("""
    scullery, orangery, boot room, mud room, snug, larder, vestibule, foyer, greenhouse, wine room, sewing room
    server room, tack room, potting shed, summer house, pool house, boathouse, barn, veranda, gazebo, sauna
    steam room, cloakroom, darkroom, reading room, craft room, meditation room, parlour, parlor, den
    kitchenette, washroom, wet room, lobby, atrium, stables, carport, courtyard, rooftop, treehouse, hobby room
    media room, cinema room, box room, linen room, print room, gallery
""")
ROOM_MODIFIERS = entries("""
    small, big, main, second, back, front, old, new, north, south, east, west, inner, outer, spare, blue, green
    yellow, white, winter, summer, guest, visitor, open, quiet, sunny, shared, private, rear, twin, far, corner
    children's, grandma's, parents'
""")
ROOM_HEADS = entries("room, suite, wing, studio, lounge, den, cabin, lodge, chamber, annex, hall, parlor")
FLOORS = entries("""
    ground floor, first floor, second floor, third floor, upstairs, downstairs, basement, attic, cellar, loft
    top floor
""")
FLOOR_MODIFIERS = entries("""
    fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth, upper, lower, middle, bottom, main
    entry, garden, lowest, highest, sleeping, guest, family, rental, work, red, blue, green, silver, golden
    copper, hidden, sunken, old, new, street, roof, studio, south, north, east, west, half, split, inner, outer
    back, front, first, second, third, top, ground
""")
FLOOR_HEADS = entries("floor, level, storey, deck, landing, mezzanine, gallery floor")

OWNERS = entries("""
    lena, tom, sofia, ben, clara, oscar, mia, noah, emma, liam, ava, lucas, hannah, felix, nora, leo, ida, max
    julia, paul, anna, theo, maria, jonas, sara, david, eva, simon, laura, peter, amelie, victor, zoe, martin
    alice, hugo, ruth, adam, iris, daniel, elsa, samuel, greta, jakob, marta, anton, vera, henrik, olga, stefan
    priya, arjun, mei, kenji, yuki, omar, layla, fatima, yusuf, aisha, carlos, lucia, diego, elena, pablo, ines
    rafael, chiara, marco, giulia, luca, pierre, chloe, antoine, margot, ivan, katya, dmitri, nadia, pavel
    zuzana, tomasz, agnieszka, lars, ingrid, bjorn, astrid, sven, freya, eamon, siobhan, declan, niamh, rhys
    carys, kofi, amara, tunde, zainab, thabo, lindiwe, mateo, valentina, thiago, camila, keanu, leilani, ravi
    ananya, vikram, deepa, tariq, nasrin, cyrus, shirin, ahmet, elif, nikos, eleni, gabor, reka, bogdan, ioana
    wojtek, halina, quentin, beatrix, rupert, imogen, clive, doris, agnes, edith, walter, mabel, otto, hilde
    fritz, waltraud
""")

KINDS: Mapping[str, tuple[str, ...]] = {
    "light": entries("""
        lamp, light, floor lamp, desk lamp, chandelier, pendant, spotlight, led strip, night light, fairy lights
        lantern, sconce, downlights, bulb, uplighter, string lights, wall light, ceiling light, table lamp
        christmas tree, glow globe, light strip, lava lamp, salt lamp, led panel, spots
    """),
    "switch": entries("""
        coffee machine, kettle, plug, outlet, socket, smart plug, toaster, dishwasher, washing machine, dryer
        pond pump, espresso maker, charger, power strip, relay, rice cooker, slow cooker, aquarium pump, printer
        router, towel warmer, electric blanket, bread maker, iron, waffle iron, fountain
    """),
    "fan": entries("""
        ceiling fan, tower fan, desk fan, ventilator, air circulator, exhaust fan, extractor fan, box fan
        pedestal fan, cooker hood, blower, bladeless fan, window fan
    """),
    "media_player": entries("""
        tv, television, speaker, soundbar, radio, stereo, record player, projector, receiver, jukebox, hifi
        boombox, homepod, game console, smart speaker, turntable, amplifier, home cinema, streaming stick, tuner
    """),
    "input_boolean": entries("""
        guest mode, holiday mode, vacation mode, party mode, quiet mode, baby mode, cleaning mode, work mode
        privacy mode, pet mode, cinema mode, frost mode
    """),
    "climate": entries("""
        thermostat, heater, air conditioner, radiator, heat pump, boiler, underfloor heating, ac, heating
        air conditioning, fan heater, wood stove, pellet stove, convector, cooling unit
    """),
    "cover": entries("""
        blind, roller blind, curtain, shutter, awning, garage door, gate, skylight, drapes, venetian blind
        roller shutter, sunshade, roman shade, hatch, canopy, screen, shade
    """),
    "valve": entries("""
        water valve, irrigation valve, gas valve, sprinkler, tap, hose, main valve, drip line, mixer valve
        faucet, stopcock, bypass valve
    """),
    "lock": entries("""
        front door, back door, door lock, safe, padlock, deadbolt, gate lock, smart lock, gun cabinet, bike lock
        locker, medicine cabinet, mailbox, cat flap, cellar door, side door
    """),
    "binary_sensor": entries("""
        motion sensor, door sensor, window sensor, leak detector, occupancy sensor, contact sensor
        smoke detector, presence sensor, water leak sensor, bed sensor, seat sensor, tilt sensor, beam sensor
    """),
    "sensor": entries("""
        humidity sensor, power meter, air quality monitor, energy meter, rain gauge, battery level, co2 monitor
        wind meter, solar inverter, water meter, barometer, noise level, gas meter, soil moisture, dust monitor
        uv index
    """),
    "vacuum": entries("""
        robot vacuum, hoover, mop, vacuum cleaner, sweeper, robot cleaner, dust buster, mopping robot
        cleaning robot
    """),
    "lawn_mower": entries("""
        lawn robot, grass cutter, robot mower, lawnmower, mowing robot, lawn mower, lawn trimmer, grass robot
    """),
    "scene": entries("""
        movie night, date night, good night, sunset mood, candle glow, dinner mood, cozy evening, party lights
        relax time, reading mood, romantic evening, bright day, northern glow, quiet evening
    """),
    "script": entries("""
        bedtime routine, morning routine, leaving sequence, arrival routine, wake up routine
        garden watering sequence, panic sequence, lockdown routine, weekend routine, dinner announcement
        doorbell chime, breakfast routine
    """),
    "button": entries("""
        doorbell, reset, restart, panic, garage opener, feeder, identify, reboot, snooze, call elevator
        door opener
    """),
}
KIND_MODIFIERS = entries("""
    bedside, reading, corner, small, big, little, tall, old, new, red, blue, green, black, white, silver, wooden
    brass, left, right, upper, lower, sofa, desk, piano, counter, mirror, workbench, aquarium, stair
    window side, fireplace, bookshelf, vintage, smart, spare, extra, main, outdoor, indoor, rear, side, center
    middle, round, square, long, shy, noisy, quiet, cheap, fancy, rustic, modern, antique, mini, giant, second
    third, backup, portable, travel, weekend, guest, cat, dog, fish tank, plant, crib, sink, stove, island, bar
    cabinet, wardrobe, headboard, shelf, fence, tree, pond, chimney, tiny
""")
NUMBERED = entries("1, 2, 3, 4, 5, 6, 7, one, two, three, four, five, six")
"""What tells things of one kind apart: "tv 2", "strip four"."""
MEASURES = entries("""
    temperature, humidity, pressure, battery, power, voltage, energy, consumption, production, air quality
    wind speed, rainfall, pollen level, signal strength, moisture, pm 2.5, noise, level, usage, cost
""")
MEASURED = entries("""
    outside, outdoor, pool, freezer, fridge, solar, phone, car, heat pump, water, aquarium, weather station, battery
    grid, hot tub, oven, greenhouse roof, wine cooler, soil, tank, server, printer, sauna stove, internet, gas
    electricity, rain barrel, inverter, compost, pond, chimney, dew point, wallbox, tablet, terrarium, beehive
""")
"""Of which a sensor measures something; none is a room."""
SCENE_MODIFIERS = entries("""
    rainy, lazy, golden, purple, misty, tropical, festive, frosty, velvet, dreamy, energetic, calm, sleepy
    nordic, desert, autumn, spring, midnight, sunday, friday, holiday, birthday, harvest, jazz, disco, focus
    gentle, electric, ocean, forest
""")
SCENE_HEADS = entries("night, evening, mood, glow, ambience, vibes, morning, sunrise, sunset, atmosphere")
SCRIPT_HEADS = entries("routine, sequence, procedure, checklist, ritual, announcement")
NICKNAMES = entries("""
    big bertha, beast, sparky, old faithful, mister glow, monster, sunny boy, lady bright, rusty
    captain, goliath, little john, tinkerbell, dragon, bumblebee, jumbo, snowball, professor, fireball
    moonbeam, bruce, duchess, grumpy, twinkle, buttercup, thunder, pixie, wizard, cosmo, pickles
    waffles, biscuit, marble, pebble, comet, ziggy, doctor no, oracle, big red, old bessie, freckles, smokey
    pumpkin, dolly, mister bean, nimbus, tango, velvet, whisper
""")

PLACES = entries("""
    london, paris, berlin, madrid, rome, oslo, lisbon, dublin, vienna, prague, warsaw, athens, helsinki
    stockholm, boston, chicago, denver, seattle, austin, toronto, montreal, sydney, melbourne, auckland, tokyo
    osaka, seoul, mumbai, nairobi, cairo, lagos, lima, bogota, santiago, havana, munich, hamburg, zurich, geneva
    lyon, marseille, porto, bergen, krakow, leeds, bristol, glasgow, cork, utrecht, antwerp, turin, naples
    seville, valencia, split, riga, vilnius, tallinn
""")
PLACE_SUFFIXES = entries("airport, harbor, beach, mountains, valley, weather station, forecast, island, lake, hills")
ZONES = entries("""
    home, work, school, gym, university, hospital, supermarket, library downtown, train station, airport
    kindergarten, church, swimming pool, football club, dentist, playground, cabin, beach house, cottage, campus
    warehouse, bakery, city center, coffee shop, market square, music school, soccer field, yoga studio
    ski resort, parking lot, factory, museum
""")
ZONE_HEADS = entries("house, apartment, office, farm, place, shop, school, garage")
TODO_LISTS = entries("""
    to do, todo, chores, packing, weekend, work, birthday, gift, wish, travel, homework, camping, party
    household, holiday, christmas, reading, hardware store, renovation, errands, bucket, moving, wedding, repair
    cleaning
""")

GOODS = entries("""
    milk, bread, eggs, butter, apples, bananas, tomatoes, cheese, rice, pasta, coffee, tea, sugar, flour, salt
    yogurt, onions, potatoes, carrots, chicken, minced beef, olive oil, toilet paper, dish soap, shampoo
    batteries, dog food, cat litter, oranges, lemons, garlic, spinach, broccoli, cucumbers, peppers, mushrooms
    salmon, tuna, ham, bacon, jam, honey, cereal, oat flakes, almonds, raisins, chocolate, cookies, chips
    crackers, ice cream, frozen peas, orange juice, sparkling water, beer, red wine, mustard, ketchup
    mayonnaise, vinegar, soy sauce, cinnamon, vanilla, baking powder, yeast, paper towels, trash bags, sponges
    toothpaste, deodorant, light bulbs, candles, matches, napkins, aluminium foil, diapers, baby wipes, tofu
    lentils, chickpeas, kidney beans, coconut milk, noodles, tortillas, avocados, grapes, strawberries
    blueberries, pears, plums, mangoes, pineapple, zucchini, eggplant, celery, leeks, radishes, parsley, basil
    dill, rosemary, thyme
""")
GOODS_MODIFIERS = entries("""
    fresh, organic, frozen, dried, gluten free, smoked, sliced, grated, canned, ripe, green, brown, whole grain
    unsalted, cheap, local, vegan, spicy, sweet, low fat, extra, lactose free, roasted, ground, salted
""")
QUANTITIES = entries("""
    two, three, four, six, a dozen, some, more, a bag of, a box of, a bottle of, two cans of, a kilo of
    a pound of, half a kilo of, three packs of, a jar of, a bunch of, five
""")

VERBS = entries("""
    call, visit, email, thank, invite, text, remind, pick up, meet, surprise
""")
CHORES = entries("""
    water, clean, repair, paint, sell, wash, sort, replace, buy, order, return, polish, oil, measure, photograph
    donate, wrap
""")
THINGS = entries("""
    the plants, the gutters, the bike, the fence, the car, my passport, the windows, the curtains, the photos
    the carpet, the door hinge, the tires, the books, the tent, the old sofa, the suitcase, the skis
    the roof tiles, the bird feeder, the camera, the piano, the library books, the tax papers, the boat
    the picture frames, the winter coats, the tools, the garden chairs, the hedge, the mailbox, the chimney
    the stroller, the telescope, the sewing machine, the presents
""")

TITLE_ADJECTIVES = entries("""
    midnight, silver, broken, golden, lonely, electric, paper, crimson, distant, forgotten, hollow, burning
    gentle, northern, restless, painted, sleeping, velvet, wild, endless, frozen, faded, hidden, scarlet, quiet
    shining, stolen, tender, wooden
""")
TITLE_NOUNS = entries("""
    river, train, heart, letters, sky, garden, stranger, highway, winter, ocean, mirror, summer, shadows
    thunder, lullaby, harbor, horses, fire, moon, city, stars, rain, road, ghost, dancer, sailor, wolves
    lanterns, mountains, clockmaker, tide, carousel, orchard, comet, whistle, parade, violet, lighthouse
    machine, kingdom, feather, bridge, morning
""")
TITLE_TAILS = entries("""
    of you, without you, tonight, forever, blues, again, part two, waltz, serenade, remix, sessions, chronicles
    daily, stories
""")
TITLE_ORDERS = entries(
    "turn, open, close, stop, start, lock, set, raise, let, follow, break, wake, light, play, dim, clean"
)
TITLE_NUMBERS = entries("""
    24, 1999, 300, seven, nineteen, ninety nine, 42, twelve, five hundred, 1984, eleven, 8, thirty, 21, four, 50
""")
GENRES = entries("""
    jazz, rock, classical music, lofi beats, techno, country, folk, metal, opera, reggae, hip hop, soul, funk
    ambient, punk, piano music, dance music, christmas songs, kids songs, workout music, rain sounds
    whale songs, disco, bossa nova, the news
""")
GENRE_MODIFIERS = entries("""
    smooth, early, modern, acoustic, relaxing, happy, sad, german, french, brazilian, nordic, instrumental
    eighties, nineties, upbeat, slow, vintage, female, live, underground
""")

ARRIVALS = entries("""
    dinner, breakfast, lunch, the pizza, the taxi, the bus, the cake, the movie, the laundry, grandma
    the plumber, the mail, the party, school, the dog, the game, coffee, the doctor, the package, the babysitter
    the soup, the barbecue, the meeting
""")
ARRIVAL_STATES = entries("""
    is ready, is here, is waiting, starts soon, is almost done, is over, has arrived, is late, is cancelled
    begins now, is delicious, needs help, is finished
""")
ASKS = entries("""
    come downstairs, wake up, do your homework, brush your teeth, come home, get dressed, feed the cat, be quiet
    call me back, take out the trash, walk the dog, clean up your mess, pack your bag, wash your hands
    tidy your desk, come eat
""")
TIMED = entries("""
    pizza, laundry, pasta, tea, eggs, cookies, bread, nap, workout, homework, meditation, roast, potatoes, rice
    cake, parking, sauna, shower, plank, stretching, cheese fondue, chicken, lasagna, soup, yoga, study, break
    dough, turkey, brownies, piano practice, reading, hair dye, face mask, medicine, fish sticks, garlic bread
    sourdough, chess, screen time
""")
TIMED_MODIFIERS = entries("""
    first, second, small, big, morning, evening, slow, frozen, sweet, spicy, quick, sunday, guest, vegan, late
    extra, birthday, lunch, dinner, backup
""")
ORDERS = entries("""
    turn off, turn on, switch off, switch on, open, close, start, stop, pause, mute, lock, unlock, activate, run
""")
