"""Bangla lines, romanised by sound (the inherent vowel as o)."""

VOCABLES = ("o re o re mon", "na na re na na", "aha ha aha re", "o go o go shono")

GIVEN = ("Mitali", "Rupok", "Shefali", "Tanmoy", "Jhumur", "Palash", "Anindita")
GIVEN += ("Kajol", "Shubhro", "Nipa", "Dipon", "Rini")
FAMILY = ("Meghdut", "Majhi", "Kodom", "Talukdar", "Nodia", "Bokul", "Shimul")
FAMILY += ("Sarengi", "Jonaki", "Palki", "Dhanshiri", "Ektara")

TEXT = """
# love
তোমার চোখে আমার সকাল জাগে
tomar chokhe amar shokal jage
In your eyes my morning wakes
হাতটি ধরে চলো দূরের গাঁয়ে
hatti dhore cholo durer gaye
Take my hand and come to a faraway village
মনের কথা বলি বাতাসের কাছে
moner kotha boli batasher kachhe
I tell the words of my heart to the wind
তুমি এলে ফুল ফোটে উঠানে
tumi ele phul phote uthane
When you come, flowers bloom in the courtyard
ভালোবাসা আমার নদীর মতো
bhalobasha amar nodir moto
My love is like a river
# rain
টিনের চালে বৃষ্টি বাজায় সুর
tiner chale brishti bajay shur
On the tin roof the rain plays a tune
কদম ফুল ভেজে পথের ধারে
kodom phul bheje pother dhare
The kadam flowers get wet by the roadside
মেঘের সাথে আমার মন উড়ে যায়
megher shathe amar mon ure jay
My mind flies away with the clouds
এসো বৃষ্টি এসো আমার আঙিনায়
esho brishti esho amar anginay
Come, rain, come to my courtyard
ভেজা মাটির গন্ধে শৈশব ফেরে
bheja matir gondhe shoishob phere
In the smell of wet earth my childhood returns
# road
লাল মাটির পথে একা হাঁটি
lal matir pothe eka hanti
On the road of red earth I walk alone
পথের শেষে কার আলো জ্বলে
pother sheshe kar alo jole
At the end of the road, whose light is burning
পায়ের নিচে ধুলো মাথায় আকাশ
payer niche dhulo mathay akash
Dust under my feet, the sky over my head
ফিরে এসো বলে ডাকে পুরোনো ঘর
phire esho bole dake purono ghor
Come back, calls the old house
যত দূরে যাই তত কাছে তুমি
joto dure jai toto kachhe tumi
The farther I go, the nearer you are
# sea
নীল সাগরে ভাসে ছোট নৌকা
nil shagore bhashe chhoto nouka
On the blue sea floats a small boat
ঢেউয়ের কাছে রাখি মনের চিঠি
dheuer kachhe rakhi moner chithi
I leave my heart's letter with the waves
মাঝি ভাই পাল তোলো এবার
majhi bhai pal tolo ebar
Brother boatman, raise the sail now
নোনা হাওয়া গায় অচেনা গান
nona haowa gay ochena gan
The salty wind sings an unknown song
তীরে বসে গুনি ফেরার দিন
tire boshe guni pherar din
Sitting on the shore I count the days to the return
# city
এই শহর জাগে আমার সাথে
ei shohor jage amar shathe
This city stays awake with me
রিকশার ঘণ্টায় সকাল হয়
rikshar ghontay shokal hoy
With the rickshaw's bell the morning comes
জানালার কাচে আলোর মিছিল
janalar kache alor michhil
On the window pane, a procession of lights
ভিড়ের মাঝে খুঁজি চেনা মুখ
bhirer majhe khunji chena mukh
In the crowd I look for a familiar face
ছাদের উপর চাঁদ নেমে আসে
chhader upor chand neme ashe
The moon comes down upon the roof
# harvest
সোনালি ধানে ভরেছে মাঠ
shonali dhane bhorechhe math
The field has filled with golden rice
নতুন চালের গন্ধ উঠানে
notun chaler gondho uthane
The scent of new rice is in the courtyard
কাস্তে হাতে চলে চাষির দল
kaste hate chole chashir dol
Sickle in hand, the farmers walk along
গোলা ভরা ধান মুখভরা হাসি
gola bhora dhan mukhbhora hashi
Barns full of rice, faces full of smiles
পিঠার আসরে সবাই এসো
pithar ashore shobai esho
Come, everyone, to the feast of rice cakes
# night
রাতের গায়ে তারা বোনা চাদর
rater gaye tara bona chador
The night wears a shawl woven with stars
ঘুম আসে না জোছনা জ্বলে
ghum ashe na jochhona jole
Sleep does not come, the moonlight burns
জোনাকিরা লেখে গোপন কথা
jonakira lekhe gopon kotha
The fireflies write secret words
নিঝুম রাতে বাঁশি কে বাজায়
nijhum rate banshi ke bajay
Who plays the flute in the silent night
চাঁদের কাছে রেখেছি নাম
chander kachhe rekhechhi nam
I have left a name with the moon
# prayer
আলো দাও প্রভু অন্ধকার ঘরে
alo dao probhu ondhokar ghore
Give light, Lord, in the dark house
তোমার দ্বারে এসেছি শূন্য হাতে
tomar dare eshechhi shunno hate
I have come to your door with empty hands
মনের মাঝে বাজে তোমার নাম
moner majhe baje tomar nam
Within my heart your name resounds
পথ হারালে তুমি পথ দেখাও
poth harale tumi poth dekhao
When I lose the way, you show the way
শান্তি নামুক সবার জীবনে
shanti namuk shobar jibone
May peace descend on every life
# mother
মায়ের আঁচলে ঘুমায় আকাশ
mayer anchole ghumay akash
In the hem of mother's sari sleeps the sky
মা তোমার ডাকে ফিরি ঘরে
ma tomar dake phiri ghore
Mother, at your call I come home
তোমার হাতের ভাত মনে পড়ে
tomar hater bhat mone pore
I remember the rice from your hand
ছোটবেলার গল্প আবার বলো
chhotobelar golpo abar bolo
Tell the stories of childhood again
তোমার মুখে দেখি আমার দেশ
tomar mukhe dekhi amar desh
In your face I see my country
# dance
ঢোলের তালে নাচে সারা গ্রাম
dholer tale nache shara gram
To the beat of the drum the whole village dances
নূপুর বাজে ঝুমুর ঝুমুর
nupur baje jhumur jhumur
The anklets ring jhumur jhumur
এসো সবাই হাতে হাত রাখি
esho shobai hate hat rakhi
Come, everyone, let us join hands
লাল শাড়িতে ঘোরে বসন্ত
lal sharite ghore boshonto
In a red sari the spring whirls round
আজকের রাতে থামবে না গান
ajker rate thambe na gan
Tonight the song will not stop
"""
