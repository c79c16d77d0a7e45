"""Hindi, and the Urdu and Punjabi of its songs, as people type them."""

WORDS = """
hai mein ki ka ke se tu na ko hain ho main ye tera dil tere mere teri meri mera jo to
tum bhi hi nahi nahin hum aa aaj ab pyaar pyar ne kya koi kar yeh yaar hoon kuch par
woh wo tujhe mujhe jaan o re ja kaise raha rahe rahi ishq jab jaise bin sang pe tumhe
kabhi sab yahan jahan kahan wahan phir fir aur jaaye jaye saath bas tha thi the ek
mohabbat zindagi jindagi ankhon aankhon aankhein ankhein ankhen aankhen aankh baat
baatein raat raatein din dino sapna sapne sapno khwab khwaab khwaabon duniya deewana
deewani diwana diwani khuda rab rabba maula allah saajan sajan sajna sajni sanam balam
piya saiyyan saiyaan saiyan jaana jana jaane jane jaanu janu jaanam janam jaaneman hua
hui hue huin kiya kiye liya liye diya diye gaya gayi gaye gai aaya aayi aaye aya ayi
aye aao aana aane aate aati karta karti karte karna karne karo karu karun karoon karke
karenge karega karegi kare karein hota hoti hote hona hone hoga hogi honge jaata jaati
jaate jata jati jate jaao jao jaun jaaun jaoon dekha dekhe dekho dekhi dekh dekhu
dekhun dekhoon dekhna dekhne dekhta dekhti dekhkar suno sun suna sunn sunke bolo bol
bole bola boli kaho keh kehna kehta kehti kehte kehne kaha kahe kahu kahun kahoon
kahoge chahe chaahe chaha chaaha chahiye chahat chaahat chahta chahti chahun chaahun
chahoon chalo chal chale chala chali chalna chalte chalti chalta rehna rehta rehti
rehte rahoon rahu rahun rahega rahegi rahenge reh rah rahna rahta rahti mil mila mile
mili milna milte milti milta milke milenge milega jee jeena jeene jiya jiye jiyu jeeta
jeete marna marne mar mara mare maru marr aisa aisi aise waisa waise kaisa kaisi kaun
kon kyun kyon kyu kyoon kyunki kab tak tab sabse apna apne apni apun aap aapka aapki
aapke aapko hamara hamari hamare hamein humein hume humko hamko humne hamne humse
tumhara tumhari tumhare tumko tumse tumne tujhko tujhse tujhme tune toone tuune mujhko
mujhse mujhme mujhpe maine mainne isko usko uska uski uske iska iski iske usne isne
unka unki unke unko inka inki jis jise jisko jiska jiski jiske jisne kis kise kisko
kiska kisi kisne kahin kahi yahin yahi wahin wahi yun yoon yunhi yuhi toh thoda thodi
thode sa si jara zara bahut bohot bahot itna itni itne utna kitna kitni kitne jitna
jitni saara sara saari sari saare sare pehla pehli pehle doosra dusra naya nayi naye
purana purani accha acha achha achhi bura buri bada badi bade chota choti chhota
chhoti lamba akela akeli akele tanha tanhai tanhaai judaa juda judai judaai door dur
paas pas kareeb karib andar bahar baahar upar neeche niche aage aagey peeche piche
samne saamne raah raahein raahon rasta raste raaste manzil safar musafir gali galiyan
galiyon shehar sheher shahar gaon gaanv ghar dar darwaza khidki desh pardes mausam
barsaat baarish barish saawan sawan badal baadal bijli hawa hawaa hawayein pawan paani
pani aag dhoop chaaon chhaon suraj sooraj chand chaand chanda chandni taara taare tare
taaron sitara sitare aasman aasmaan asmaan zameen jameen dharti nadiya nadi sagar
saagar samundar lehar lehrein kinara kinare phool phoolon gul gulab kaliyan kali
bahaar baharein bagh chaman khushboo khushbu rang rangon rangeen gora gori gore kaala
kala kale laal neela jism badan rooh ruh saans saansein saanson sanson dhadkan
dhadkanein dhadke dhadakta honth honthon hoth hothon zulf zulfein zulfon nazar nazrein
nazron naina nain nainon naino chehra chehre mukhda kajal kajra jhumka payal paayal
bindiya choodi chudiyan kangana ghunghat chunri chunariya dupatta aanchal mehndi dulha
dulhan dulhaniya shaadi baraat sharaab sharab nasha nashe nashaa madhosh hosh behosh
bekhabar bekarar beqarar bekaraar bechain chain sukoon sukun aaram aaraam neend nind
nindiya jaag jaagi jaage soya sona soja khoya khoye khoyi kho khona paya paaya payi
pana paana pa roya roye rona rone aansu aansoo ansu gham gam dard dukh sukh khushi
khushiyan khushiyaan hasi hansi has hans haseen hasin haseena hasina khoobsurat
khubsurat sundar pyaara pyara pyaari pyari pyaare pyare nazuk nadaan naadan masoom
pagal paagal deewangi aashiq ashiq aashiqui aashiqi mehboob mehbooba dilbar dilruba
jaaniya humsafar hamsafar humdum hamdam dost dosti yaari yaara yaaron yaaro yaaran
dushman bhai behen maa maiya baap baba beta beti bachcha bachpan ladka ladki ladke
ladkiyan chhora chhori kudi munda mundeya sohni soniye soniya sohniye heer ranjha mahi
maahi mahiya maahiya channa ve nu da di de vich tenu tainu menu mainu naal nal kinna
kitthe hun jind jindri dilwale dilon dillan wala wali wale waala waali waale bewafa
wafa wafaa bewafai kasam qasam vaada wada vada wade waade iraada irada ummeed umeed
aas pyaas pyaasa pyaasi aarzoo arzoo tamanna hasrat khwahish khwaahish dua duaa
duayein ibadat sajda khudaya khudayi kismat qismat naseeb taqdeer takdeer muqaddar
sach sacha sachcha jhooth jhoot jhutha kasoor kusoor gunah saza maafi maaf yaad
yaadein yaadon bhool bhula bhulaa bhulana bhul bhule samajh samjha samjhe samjho
samjhana socha soch sochta sochu sochun jaanta jaanti jaante jaano jano pata maloom
malum khabar lagta lagti lagte laga lagi lage lagaa lagao lag lagna le lo loon lu lun
lena lene leke lekar leta leti lete do doon du dun dena dene deke dekar deta deti dete
diyo rakh rakha rakhna rakhe rakho rakhu chhod chhoda chhode chod chhodo chhupa chhupe
chhupi chupke chhup chup choo chhoo chhu chhua chhuke tham thaam thaama pakad pakde
bula bulaa bulaye bulata bulati pukare pukaare pukaru puchho poochho pucho puchhe
poocho likha likh likhi likhe padh padha gaa gaana gana gaane gane gaao gao gaate geet
nagma nagme sur taal dhun tarana naach nach nacho nachna nachle nachdi jhoom jhoome
jhume jhumo ghoom ghume udd ud ude udi uda udaa udti udta panchhi panchi parinda
parinde pankh tod toda tode toota tuta tute toote tooti jod joda judi jud mit mita
mite mitaa jal jala jale jalta jalti jalna bujh bujha bujhe khul khula khuli khule
kholo kaanta kaante kante pathar patthar sheesha shisha aaina tasveer tasvir kahani
kahaani fasana fasaana afsana qissa kissa naam nam chitthi khat paigham sandesa salaam
salam namaste alvida hafiz shukriya meharbani haan han haa ji arre are arey oye oy hey
he ri aji jai ram raam krishna kanha shyam radha mohan bhagwan prabhu ganga mandir
bhajan hari om shiv gopala dheere dhire dheeray haule hole jaldi jhat pal pall lamha
lamhe lamhon ghadi waqt vaqt wakht samay zamana zamaane jamana sadiyon umar umr saal
barson baras kal parso subah shaam sham dopahar hamesha sada sadaa haath hath haathon
hathon pair paon paanv kadam qadam sar sir mann man tan tann seene sina seena gale
gala baahon bahon baahein baanhon kamar thumka thumke jawani jawaani jawan budhapa
aadmi insaan insan aurat nari naari raja raaja rani raani rajkumar sipahi watan
tiranga hindustan bharat dilli bambai mumbai lagaake bina binaa siwa siva alawa saathi
sathi khel khela khelo taash chaal matlab magar lekin agar gar varna warna shayad
kaash kash balki isliye kyaa naa nai kadi kade
"""
