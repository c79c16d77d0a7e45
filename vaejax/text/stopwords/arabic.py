"""Arabic, standard and of Egypt, the Levant and the Gulf, and romanised."""

WORDS = """
انا انت انتي انتو انتم احنا نحنا نحن هو هي هم هما هن هوا هيا انته في من الى علي على عن
مع عند بعد قبل بين تحت فوق حول دون بدون غير سوى حتى منذ خلال ضد ليا ليك لك لكي لي له لها
لنا لهم لكم الي الك اله الها النا الكم ليه لو لولا بي بك به بها بيا بيك بيه بيها بينا
بيهم فيا فيك فيه فيها فيهم فيي منك مني منه منها منا منهم عليا عليك عليه عليها علينا
عليهم عنك عني عنه عنها معاك معاي معايا معي معك معه معها معاه معاها معانا عندي عندك عنده
عندها عندنا عنا اليك اليه اليها يا ايا ايها اي ايه شو ايش وش شنو ليش لية لماذا ماذا كيف
كيفك ازاي ازيك متى امتى وين فين اين مين منو كم هل ال او ام ثم لكن بس ولكن لان عشان علشان
كي اذا ان انه انها اني انك انو اللي الذي التي الذين يلي اللى كما مثل زي كان كانت كنت كنا
كانو كانوا يكون تكون اكون كن كون صار صارت يصير ما لا لم لن ليس مش مو مب موش مهوش ماهو
ماني منيش ماكو مافي مفيش ولا بلا كلا نعم ايوا ايوه اه هذا هذه هاد هاي هيدا هيدي هال ده
دي دا دول ذلك تلك هناك هنا هنالك هون هيك كده كدا كذا ذا ذي هاذي كل كلو كله كلها كلي بعض
اكثر اكتر كثير كتير قليل شوي شوية جدا خالص قوي اوي قد لقد سوف راح رح حا لسا لسه لسة بعدك
خلاص يلا يالله الان هلا دلوقتي دلوقت بقى بقا بقت بقيت عم عمال جاي رايح خلي خليني خليك
بدي بدك بدو بدها عايز عايزة ابغى ابي اريد وانا وانت وانتي وهو وهي وما ولو ومن وفي وعلى
وكل وكان واللي ولما لما ياما دايما دائما ابدا مرة مره تاني ثاني برضو كمان ايضا نفس ذات
اها اوه ياه واه ياليل لالا لالالا تارا
ana enta enti inta inti ento howa huwa hwa hiya hya ehna e7na i7na nahnu homma hom hum
entu ya fi fe fel fil el al il men min mn ala 3ala aala 3al 3an 3ann ila ma maa ma3 ma3a
ma3ak ma3aya maak maaya wa wala walla wla aw bas bass lakin law lw lao lik leek leh leih
lih lesh leysh laysh eh eih ih aih shu shoo sho esh eish wesh kif keef kef kifak ezay
emta wein wen fein feen ayn meen da di dol dah deh de hada hadha hatha hayda heda hadi
hadhi hay elli eli illi alli yalli mesh mish msh mosh moush mush mo mu mafi mafish la2
laa lan lam kan kanet kanit kont kunt konti kano kanou yekon ykoon yekoun akoun kol kul
kull koll kolo kullo keda kda kida heik hek hik hena hna hon huna kaman kamaan baqa ba2a
b2a 2abl abl ba3d baad 3and 3andi 3andak 3ando andi andak bel bil bik beek bi bia beya
feek fik fiya feya fih feeh fiha menak minak menni minni mini alayk alaya 3alayk 3aleik
3alaya 3aleh aleik aleh lana laha laho lahu lahom lina leena liya leya dalwaqti delwa2ti
dilwa2ti hala2 halla2 alaan yalla yala rah rah7 ra7 ha sawf lessa lissa khalas kteer
kteir ktir awi awy 2awi zay zayy mithl metl ba3 ily elly yaa fii an ilaa ilayka ilayki
ilayya ilayh ilayhi anta anti antum kulla kulli kullu hatta hattaa alladhi allati haadha
haadhihi hadhihi dhaalika tilka hunaa hunaaka wal lil ad ar as ash at az li ka qad hal
kam bal idha idhaa thumma inda indi indaka amaama tahta fawqa bayna bayn ba'da qabla
duuna ma'a ma'aki ma'aka ma'i alayka alayki alayhi alayya anka anki minka minki lahaa
lanaa lakinna inna anna anni inni kaana kaanat kuntu kunta kunti laka laki lii biki bika
laysa lasta lastu lasti mithla kamaa mata ayna kayfa limaadha maadha
"""
