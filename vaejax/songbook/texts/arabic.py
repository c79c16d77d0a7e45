"""Arabic lines (modern standard), romanised with doubled long vowels."""

VOCABLES = ("yaa layl yaa layl", "aa yaa aa yaa layl", "laa laa lay laa", "yaa 'ayn aa")

GIVEN = ("Samar", "Rayan", "Layan", "Tariq", "Salma", "Yazan", "Dalia", "Bashir")
GIVEN += ("Hanan", "Idris", "Maysa", "Nizar")
FAMILY = ("al-Qamari", "Nahhas", "al-Warda", "Sabbagh", "Zaytouni", "Rihani")
FAMILY += ("al-Bahri", "Qandil", "Ghaymi", "Tannouri", "Shatti", "al-Fajr")

TEXT = """
# love
قلبي يسير إليك كل مساء
qalbi yaseeru ilayki kulla masaa
My heart walks to you every evening
أنت الضوء في نافذتي البعيدة
anti ad-daw'u fi naafidhati al-ba'eeda
You are the light in my distant window
كتبت اسمك على ماء النهر
katabtu ismaki 'ala maa'i an-nahr
I wrote your name on the water of the river
لا تسألي كم أحبك بل اسمعي
laa tas'ali kam uhibbuki bal isma'i
Do not ask how much I love you, only listen
يا وردة نامت على كتفي
yaa wardatan naamat 'ala katifi
O rose that fell asleep on my shoulder
# rain
المطر يطرق باب بيتنا القديم
al-mataru yatruqu baaba baytina al-qadeem
The rain knocks at the door of our old house
والغيم يحمل رسائل من بعيد
wal-ghaymu yahmilu rasaa'ila min ba'eed
And the clouds carry letters from far away
تحت المظلة ضحكنا مثل طفلين
tahta al-mizalla dahikna mithla tiflayn
Under the umbrella we laughed like two children
اغسل يا مطر حزن المدينة
ighsil yaa matar huzna al-madeena
Wash away, O rain, the sorrow of the city
رائحة التراب توقظ ذاكرتي
raa'ihatu at-turaabi tooqizu dhaakirati
The smell of the soil wakes my memory
# road
الطريق طويل والنجوم رفيقتي
at-tareequ taweel wan-nujoomu rafeeqati
The road is long and the stars keep me company
تركت خلفي بيتا وشجرة تين
taraktu khalfi baytan wa shajarata teen
I left behind me a house and a fig tree
كل خطوة تعلمني اسما جديدا
kullu khutwatin tu'allimuni isman jadeeda
Every step teaches me a new name
لا تغلق الباب سأعود غدا
laa tughliq al-baab sa'a'oodu ghada
Do not close the door, I will come back tomorrow
حقيبتي خفيفة وقلبي ثقيل
haqeebati khafeefa wa qalbi thaqeel
My bag is light and my heart is heavy
# sea
يا بحر خذني إلى الشاطئ الآخر
yaa bahru khudhni ila ash-shaati'i al-aakhar
O sea, take me to the other shore
الموج يغني والقارب يرقص
al-mawju yughanni wal-qaaribu yarqus
The waves sing and the boat dances
في الصدفة سمعت صوت أبي
fi as-sadafati sami'tu sawta abi
In the seashell I heard my father's voice
الملح على شفتي والريح في شعري
al-milhu 'ala shafati war-reehu fi sha'ri
The salt is on my lip and the wind is in my hair
ينام الصياد وتسهر الشباك
yanaamu as-sayyaadu wa tasharu ash-shibaak
The fisherman sleeps and the nets stay awake
# city
المدينة لا تنام وأنا مثلها
al-madeenatu laa tanaamu wa ana mithluha
The city does not sleep, and I am like her
أضواء الشارع تعرف وجهي
adwaa'u ash-shaari'i ta'rifu wajhi
The lights of the street know my face
في المقهى كرسي فارغ لك
fi al-maqha kursiyyun faarighun lak
In the café there is an empty chair for you
الحافلة الأخيرة مرت بلا صوت
al-haafilatu al-akheeratu marrat bilaa sawt
The last bus went by without a sound
على السطح نعد نجوما قليلة
'ala as-sathi na'uddu nujooman qaleela
On the roof we count a few stars
# harvest
القمح ذهب والشمس تضحك
al-qamhu dhahabun wash-shamsu tadhak
The wheat is gold and the sun is laughing
نجمع الزيتون قبل المساء
najma'u az-zaytoona qabla al-masaa
We gather the olives before the evening
يد جدتي خبز وبركة
yadu jaddati khubzun wa baraka
My grandmother's hand is bread and blessing
غنوا معنا يا أهل الحقول
ghannu ma'ana yaa ahla al-huqool
Sing with us, O people of the fields
من تعب الصيف يأتي الفرح
min ta'abi as-sayfi ya'ti al-farah
Out of the toil of summer comes joy
# night
يا ليل لماذا أنت قصير
yaa laylu limaadha anta qaseer
O night, why are you so short
القمر ضيف على نافذتي
al-qamaru dayfun 'ala naafidhati
The moon is a guest at my window
أخبئ سري في جيب الظلام
ukhabbi'u sirri fi jaybi az-zalaam
I hide my secret in the pocket of the dark
النجمة البعيدة تعرف حكايتي
an-najmatu al-ba'eedatu ta'rifu hikaayati
The distant star knows my story
حين يصمت الناس يتكلم القلب
heena yasmutu an-naasu yatakallamu al-qalb
When people fall silent the heart speaks
# prayer
يا رب امنح قلبي السلام
yaa rabbi imnah qalbi as-salaam
O Lord, grant peace to my heart
أرفع يدي والفجر قريب
arfa'u yadi wal-fajru qareeb
I raise my hand, and the dawn is near
نورك في صدري لا ينطفئ
nooruka fi sadri laa yantafi'
Your light in my breast does not go out
دمعتي الصغيرة صارت دعاء
dam'ati as-sagheeratu saarat du'aa
My small tear became a prayer
افتح لنا باب الرحمة
iftah lana baaba ar-rahma
Open for us the door of mercy
# mother
أمي تخبز الصباح بيديها
ummi takhbizu as-sabaaha biyadayha
My mother bakes the morning with her hands
صوتك يا أمي وطن صغير
sawtuki yaa ummi watanun sagheer
Your voice, mother, is a small homeland
في ثوبك رائحة الياسمين
fi thawbiki raa'ihatu al-yaasameen
In your dress is the scent of jasmine
علمتني أن أزرع الصبر
'allamtini an azra'a as-sabr
You taught me to plant patience
كلما ضعت وجدت دعاءك
kullama di'tu wajadtu du'aa'aki
Whenever I was lost I found your prayer
# dance
دق الطبل واهتزت الأرض
duqqa at-tablu wahtazzat al-ard
The drum was struck and the ground shook
تعالوا نرقص حتى الصباح
ta'aalu narqus hatta as-sabaah
Come, let us dance until the morning
يد بيد والدائرة تكبر
yadun biyadin wad-daa'iratu takbar
Hand in hand, and the circle grows
خلخالك يغني فوق الحجر
khalkhaaluki yughanni fawqa al-hajar
Your anklet sings upon the stone
هذه الليلة لنا كلها
haadhihi al-laylatu lana kulluha
This night is ours, all of it
"""
