"""English lines; they are their own romanisation and translation."""

VOCABLES = ("ooh la da yeah", "hey hey na na", "mama oh oh yeah", "whoa oh oh")

GIVEN = ("Wren", "Calder", "Hazel", "Tobin", "Maeve", "Silas", "Juniper", "Rowan")
GIVEN += ("Dell", "Orla", "Fenn", "Ivy")
FAMILY = ("Lantern", "Hollis", "Saltmarsh", "Underhill", "Barley", "Quill")
FAMILY += ("Harbour", "Winterbourne", "Fallow", "Tinder", "Larkspur", "Stone")

TEXT = """
# love
I left the porch light on for you
Your laugh is the warmest room I know
Hold my hand through the turning year
I wrote our names in the window frost
Every road in my heart leads home to you
# rain
Rain on the roof like a slow guitar
The gutters hum what we never said
Wash the dust from my tired shoes
Two coats under one umbrella
I can smell the summer in the wet ground
# road
Forty miles of fence and sky
My suitcase holds one change of luck
The mirror keeps the town I left
Tell the river I am passing through
Somewhere a kitchen is waiting for me
# sea
The tide comes in with an empty letter
I rowed till the harbour was a thread of light
Salt in the rope and salt in the song
The gulls all know my father's name
Carry me over, cold green water
# city
Neon puddles all down the street
The last bus sighs and closes its doors
Ten thousand windows and none of them mine
I know the taxi lights by heart
We danced on the roof while the sirens slept
# harvest
Bring in the barley before the rain
My hands are brown with September soil
The wagon rolls like a lazy drum
There is bread on the board and cider poured
We sang the sun down over the stubble
# night
The moon is a lamp that someone forgot
I count the hours by passing trains
Darkness, sit down and talk with me
Even the clock is holding its breath
Keep a little of the night for morning
# prayer
Teach me to kneel in the morning light
Lord, make a lantern of this small heart
I bring you nothing but open hands
Mercy, fall like the softest snow
Let there be peace on every doorstep
# mother
Mama hung songs on the washing line
Your hands could quiet any storm
I still hear you humming down the hall
You taught me how to wait for bread
When I am lost I walk toward your voice
# dance
Stamp your feet till the floorboards ring
Swing me around in the lantern light
Nobody sleeps while the fiddle plays
The bass line climbs right up my spine
One more turn before the dawn
"""
