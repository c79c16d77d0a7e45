"""Spanish lines; the romanisation is the line without its accents."""

VOCABLES = ("ay la la la ley", "ay ay ay ay", "la ra la la ra", "ole le le ole")

GIVEN = ("Noelia", "Fermín", "Iria", "Jacinto", "Marisol", "Anselmo", "Lucía", "Efraín")
GIVEN += ("Paloma", "Tadeo", "Ximena", "Bruno")
FAMILY = ("Almendro", "Riofrío", "del Faro", "Olivares", "Luna Vera", "Marejada")
FAMILY += ("Trigal", "Montesol", "Cantarero", "Barcas", "Lucero", "Jazmín")

TEXT = """
# love
Tu risa abre mi ventana
Your laughter opens my window
Te guardo un sitio en la mañana
I keep a place for you in the morning
Escribo tu nombre en el pan caliente
I write your name on the warm bread
Si me miras se detiene el río
If you look at me the river stops
Mi corazón conoce tu camino
My heart knows your way
# rain
La lluvia toca en el tejado viejo
The rain plays on the old roof
Baila el agua por la calle vacía
The water dances down the empty street
Tu paraguas rojo me espera
Your red umbrella waits for me
Que llueva sobre el campo dormido
Let it rain on the sleeping field
Huele a tierra y a niñez
It smells of earth and of childhood
# road
Camino sin mapa y sin prisa
I walk without a map and without haste
El polvo me sabe a despedida
The dust tastes of farewell to me
Detrás quedó la casa azul
Behind me stayed the blue house
Cada paso enciende una estrella
Each step lights a star
Mañana volveré por el mismo sendero
Tomorrow I will come back by the same path
# sea
El mar me presta su guitarra
The sea lends me its guitar
Una barca duerme en la arena
A boat sleeps on the sand
La ola trae cartas sin firma
The wave brings letters without a signature
Tengo sal en la voz y viento en las manos
I have salt in my voice and wind in my hands
En la otra orilla alguien canta
On the other shore someone is singing
# city
La ciudad no apaga sus ojos
The city does not put out her eyes
El último tren se llevó mi sombra
The last train took my shadow away
En el balcón crece un jazmín
On the balcony a jasmine grows
Las farolas saben mi secreto
The street lamps know my secret
Entre tanta gente busco tu cara
Among so many people I look for your face
# harvest
El trigo se inclina como un rezo
The wheat bows like a prayer
Cortamos uvas bajo el sol de otoño
We cut grapes under the autumn sun
Las manos de mi padre son tierra
My father's hands are earth
Hay pan en la mesa y canto en el aire
There is bread on the table and song in the air
Lo que sembramos hoy florece
What we sowed is in flower today
# night
La noche se peina con estrellas
The night combs her hair with stars
Luna redonda, guarda mi sueño
Round moon, watch over my sleep
No hay reloj en esta madrugada
There is no clock in these small hours
Las sombras aprenden a bailar
The shadows are learning to dance
Duerme la calle y yo te nombro
The street sleeps and I say your name
# prayer
Señor, enciende una luz en mi pecho
Lord, kindle a light in my breast
Vengo descalzo a tu puerta
I come barefoot to your door
Que la paz llegue a cada casa
May peace come to every house
Mi silencio también es plegaria
My silence too is a prayer
Dame la calma del agua clara
Give me the calm of clear water
# mother
Madre, tu voz es mi abrigo
Mother, your voice is my coat
En tus manos aprendí a esperar
In your hands I learned to wait
Tu cocina olía a canela y domingo
Your kitchen smelled of cinnamon and Sunday
Cuéntame otra vez aquel cuento
Tell me that story once again
Aunque estoy lejos me alumbras
Though I am far away you give me light
# dance
Suena el tambor y tiembla el suelo
The drum sounds and the floor trembles
Ven a la rueda, dame la mano
Come into the circle, give me your hand
Esta noche nadie se sienta
Tonight nobody sits down
Gira la falda, gira la luna
The skirt is turning, the moon is turning
Hasta que el alba nos encuentre
Until the dawn finds us
"""
