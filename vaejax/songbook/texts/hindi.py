"""Hindi lines, romanised with doubled long vowels where songs usually write them."""

VOCABLES = ("saa re gaa maa paa", "aa aa aa", "taa naa dhe re naa", "dhaa dhin naa naa")

GIVEN = ("Kaveri", "Rohan", "Meenal", "Aarush", "Sudha", "Nirmal", "Tanvi", "Harsh")
GIVEN += ("Ila", "Devraj", "Pallavi", "Omkar")
FAMILY = ("Saanjh", "Banjara", "Chandrika", "Raagi", "Megh", "Dholakia", "Parinda")
FAMILY += ("Jugnu", "Basanti", "Lahar", "Sarod", "Mitra")

TEXT = """
# love
तेरी हँसी से मेरा दिन खिलता है
teri hansi se mera din khilta hai
With your laughter my day blooms
दिल की खिड़की तेरी ओर खुली है
dil ki khirki teri or khuli hai
The window of my heart is open towards you
तेरे नाम का दीया जलाया मैंने
tere naam ka deeya jalaaya maine
I have lit a lamp in your name
चुपके से तू मेरे सपनों में आ
chupke se tu mere sapnon mein aa
Come quietly into my dreams
तू मेरी धूप है तू मेरी छाँव
tu meri dhoop hai tu meri chhaanv
You are my sunshine, you are my shade
# rain
सावन की बूँदें छत पर गाती हैं
saavan ki boonden chhat par gaati hain
The monsoon's drops sing on the roof
भीगी सड़क पर काग़ज़ की नाव चली
bheegi sarak par kaagaz ki naav chali
On the wet street a paper boat set off
बादल ने मेरा दरवाज़ा खटखटाया
baadal ne mera darvaaza khatkhataaya
The cloud knocked at my door
मिट्टी की ख़ुशबू घर तक आई
mitti ki khushboo ghar tak aayi
The scent of the earth came all the way home
आओ बादल प्यासे खेतों पर बरसो
aao baadal pyaase kheton par barso
Come, clouds, rain on the thirsty fields
# road
लंबी राह है और शाम ढलती है
lambi raah hai aur shaam dhalti hai
The road is long and the evening is falling
मेरे जूतों में धूल दिल में आस
mere jooton mein dhool dil mein aas
Dust in my shoes, hope in my heart
हर मोड़ पर एक नया गीत मिला
har mor par ek naya geet mila
At every turn I found a new song
गाँव छूटा पर याद नहीं छूटी
gaanv chhoota par yaad nahin chhooti
The village was left behind, the memory was not
चल मुसाफ़िर सुबह बुलाती है
chal musaafir subah bulaati hai
Walk on, traveller, the morning is calling
# sea
सागर की लहरें मुझसे बोलीं
saagar ki laharen mujhse boleen
The waves of the sea spoke to me
नाव मेरी छोटी पानी गहरा
naav meri chhoti paani gahra
My boat is small, the water is deep
रेत पर हमने घर बनाया
ret par hamne ghar banaaya
On the sand we built a house
नमकीन हवा में तेरी आवाज़
namkeen hava mein teri aavaaz
In the salty wind, your voice
किनारे पर कोई राह देखता है
kinaare par koi raah dekhta hai
On the shore someone is waiting
# city
यह शहर मुझे नाम से नहीं जानता
yah shahar mujhe naam se nahin jaanta
This city does not know me by name
रेल की सीटी में घर की याद
rel ki seeti mein ghar ki yaad
In the train's whistle, the memory of home
ऊँची इमारतें चाँद छिपाती हैं
oonchi imaaraten chaand chhipaati hain
The tall buildings hide the moon
भीड़ में भी मैं अकेला चलता हूँ
bheer mein bhi main akela chalta hoon
Even in the crowd I walk alone
चाय की दुकान पर सपने बिकते हैं
chaay ki dukaan par sapne bikte hain
At the tea stall dreams are sold
# harvest
सरसों के खेत में धूप नाचती है
sarson ke khet mein dhoop naachti hai
In the mustard field the sunlight dances
गेहूँ की बाली सोना बन गई
gehoon ki baali sona ban gayi
The ear of wheat has turned to gold
बैलों की घंटी सुबह जगाती है
bailon ki ghanti subah jagaati hai
The bell of the oxen wakes the morning
मेहनत का फल आज घर आया
mehnat ka phal aaj ghar aaya
The fruit of our labour came home today
मिलकर गाओ फ़सल का गीत
milkar gaao fasal ka geet
Sing together the song of the harvest
# night
रात ने तारों की चुनरी ओढ़ी
raat ne taaron ki chunri orhi
The night put on a veil of stars
चाँद मेरे आँगन में उतर आया
chaand mere aangan mein utar aaya
The moon came down into my courtyard
नींद कहाँ है पूछती हैं आँखें
neend kahaan hai poochhti hain aankhen
Where is sleep, the eyes ask
अँधेरे में एक जुगनू काफ़ी है
andhere mein ek jugnoo kaafi hai
In the dark one firefly is enough
चुप है गली चुप है हवा
chup hai gali chup hai hava
Silent is the lane, silent is the wind
# prayer
हे प्रभु मेरे मन को शांति दे
he prabhu mere man ko shaanti de
O Lord, give peace to my mind
तेरे द्वार पर सिर झुकाया है
tere dvaar par sir jhukaaya hai
At your door I have bowed my head
मेरी साँसों में तेरा ही नाम
meri saanson mein tera hi naam
In my breath there is only your name
दीपक बनकर राह दिखाना
deepak bankar raah dikhaana
Be a lamp and show the way
सबके घर में उजाला रहे
sabke ghar mein ujaala rahe
May there be light in every home
# mother
माँ की लोरी अब भी सुनता हूँ
maan ki lori ab bhi sunta hoon
I still hear my mother's lullaby
तेरे आँचल में सारा आकाश
tere aanchal mein saara aakaash
In the hem of your sari, the whole sky
माँ तूने मुझे चलना सिखाया
maan toone mujhe chalna sikhaaya
Mother, you taught me to walk
तेरे हाथ की रोटी याद आती है
tere haath ki roti yaad aati hai
I remember the bread from your hands
दूर हूँ फिर भी पास है तू
door hoon phir bhi paas hai tu
I am far away, and still you are near
# dance
ढोलक बजी तो पाँव थिरके
dholak baji to paanv thirke
When the drum played, the feet began to dance
घुँघरू बोले छम छम छम
ghungroo bole chham chham chham
The ankle bells said chham chham chham
आज की रात कोई न सोए
aaj ki raat koi na soye
Tonight let no one sleep
रंग उड़ाओ गोल घूमो
rang uraao gol ghoomo
Throw the colours, whirl around
ताली दो ताली साथ हमारे
taali do taali saath hamaare
Clap, clap along with us
"""
