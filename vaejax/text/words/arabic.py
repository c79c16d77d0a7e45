"""Arabic as songs and chats romanise it, digits for letters included."""

WORDS = """
ya el al ana w wa enta enti inta inti fi fe fel men min mn ala 3ala 3la ma la law lw
lao kol kul kull habibi habiby 7abibi 7abiby habibti 7abibti habeebi albi alby 2albi
2alby qalbi qalby galbi galby omri 3omri omry 3omry umri hayati 7ayati hayaty 7ayaty
rohi ro7i rouhi ruhi rou7i eini 3eini 3eny eyni 3ayni ayni ayoun 3oyoun 3yoon oyoun
3oyon eyoun ainy einak 3einak 3enek layl leil lail lel layali layaly layla leila yalla
yala wallah walla wlla allah rabbi rabby rabb rab bahebak ba7ebak bahibak b7ebak
b7ibak bahebbak bahebek ba7ebek bhebbak bhebek uhibbuk uhibbuka ohebak ahebak a7ebak
a7bak ahbak hobb hob 7ob 7obb hubb houb el7ob alhob hobak 7obak hobek hobbak hawa
alhawa elhawa gharam shoq shou2 shouq ashwaq eshq 3esh2 3ashe2 ishq aasheq mesh mish
msh moush mosh mo mu mafi leh leih lih lesh laysh leysh eh eih ih aih da di dol dah dy
deh de hada hadha hatha hay hayda heda hadi hadhi dalwaqti delwa2ty dilwa2ti dlw2ty
hala2 halla2 alhin aan baqa ba2a ba2et b2a kont kunt konti kunti konna kan kanet kanit
kano kanou yekon ykoon yekoun akoun akon hakoon takoun tekoon howa huwa howwa hwa hiya
heya hiyya hya ehna e7na ihna i7na nahnu na7nu humma homma hom hum entum intu ento lak
lik leek lek leeh liya leya liyya lina leena lena lana lahu laha lahom lahum ma3ak
ma3aya ma3aia maak maaya maya3 ma3 maa ma'a ma'ak ma'aya ma3ana ma3ah 3andi 3andy andi
3andak andak 3ando 3andena 3anni 3anny anni 3annak 3ank annak anno anha fiya fiyya fik
feek fih feeh fiha feha fina bik beek bek bih beeh biha beha biya bia beya bina bena
minni menni mnni minnak mennak mennoh menno minha menha zay zayy zai zayak zayi metl
mitl mithl mathal kif keef kef kayf kayfa kefak ezay ezzay izzay izay emta emteh imta
mata feen fein fen wein wayn ween wen ayna meen mein man mnin limaza limadha lematha
ayy ay shu shoo shou sho esh eish aysh wesh kda keda kedah kida hek heik hayk hakaza
hakadha bas bass bs lakin laken wlakn walakin lama lamma lammaa 3ashan 3ashaan ashan
3alashan alashan alshan 3lshan minshan 3ashanak 3lashanak ashanak lessa lissa lesa abl
2abl qabl ba3d baad ba3dak ba3di ba'd ba3daha bein been bayn beni beiny benna beina
foq foo2 fo2 fawq taht ta7t gamb ganb ganbi gamby odam 2oddam wara waraya gowa gowwa
guwa barra youm yom yoom yawm ayam ayyam eyam youmi sana sneen snin seneen sa3a saa
sa3at zaman bokra bukra bukrah boukra ghadan embareh embare7 imbarih ams elleila
ellela ennaharda innaharda nahar nhar sobh sob7 subh essob7 fagr fajr masaa shams
shamsi qamar amar 2amar negoum nugoum nojoum nujum negma sama samaa ard 2ard donya
dunya dounia dounya donia donyeti denya donyti bahr ba7r nahr nil mayya maya matar
shita sheta rih nar nari noor nour nur nouri noori daw do2 dalma zalam ward warda
wardeh zahr yasmin yasmeen shagar tareq taree2 tari2 tareeq darb beit bayt bait dar
bab shebbak shibbak balad bilad biladi baladi watan watani misr masr om omm ummi ommi
ummy yamma yumma abi abuy aboya baba mama okhti akhi akhoya akhouya sadi2i sahbi sa7bi
sa7by as7ab ashab nas ennas bent bint banat ebn ibn walad weld rigal ragel rajul
emra2a sitt set sett malek malik malaak malak malaki amira amir ghali ghaly ghalia
habib 7abib habayeb a7bab ahbab hanin haneen 7anin shayef shayfak shofto shoft shuft
shoftak shofti shouf shuf ashouf ashoof ashuf teshouf shayfa ara raa arak samea same3
asma3 asma isma3 isma esma3 sma3 tesma3 olt 2olt qult ult oltelak oltely 2oltely oli
2oli olly 2olly qoul aqool aqul a2ol a2oul ba2ol b2ol ba2olak yeqol y2ol ye2ol ye2oul
bi2oul b2olak taal ta3ala taala ta3al ta3ali taali yegi yigi ygi geet git jeet jit ga
ja gay gaya geina rayeh raye7 ray7 ro7t roht ruht arouh aro7 arou7 hakon haroh harou7
rouh ro7 rooh imshi emshi amshi msheet sebt sibt sebtak sibni sebni sibtak sayeb sabny
sabni seb tarakt taraktni nseet nasit nseit nseetak ansa ansak tensa tinsa tensani
nesyan nisyan nasini fakir faker fakra fakerni efteker aftakar bafakkar fekrak 3aref
aref 3arfa aarf a3raf araf baraf b3raf te3raf taraf 3arfak 3arfeen 3erefto 3raft
araftak mahadesh ma7adesh hadd had 7ad 7add wahed wa7ed wahda wa7da wahid wa7di wahdi
wahdy lewahdi lewa7di kolaha kullaha kolo kollo kullu kolohom koll kilo killa kollena
haga 7aga haja 7aja shi shay shai ashya kalam kalaam kalamak kalami kelma kilma kelmat
kalimat so2al soal gawab hekaya 7ekaya hikaya hekayat hikayti esmak ismak ismi esmi
ism asmak sot sout sawt sawtak sotak aghani oghneya oghniya ghani ghanni ghanny ghenna
ghena aghanni yeghani raqs ar2os orqos dom3 dam3 domoo3 demou3 domou3 dmou3 dumu3
dumo3i dam3a bakit bakeit bakeet babki abki tebki bokaa boka farah fara7 far7a far7ana
hozn 7ozn huzn hazin 7azin hazeen zanb zanbi alam 2alam wagaa waga3 wag3 garh gar7
jarh jar7 goro7i gorouh jorouh sabr sabri saber amal 2amal amali 7elm helm hilm a7lam
ahlam ahlami 7elmi a7la ahla helwa 7elwa hilwa helw 7elw hilw gamil gameel jamil
jameel gamila jamila gamalak galak agmal ajmal akhir akher akhr awel awwal awal 2awel
tani tany thani thanya kteer kteir ktir keter awi 2awi awy 2awy giddan gedan jiddan
shwaya shway shwayya shoya aktar akthar a2al aywa aiwa ah la2 laa kalla na3am naam
lahza la7za lahzet la7zet bta3 beta3 bta3i bta3ti betaa btaa elly elli illi yalli alli
ally lli allazi alladhi allati yally kefaya kfaya khalas khalass 5alas khalast 5las
khalli khally 5alli khalleek khalini khaleeni sam7ni samehni sami7ni samhni sama7
3afwan shokran salam salaam salamat marhaba mar7aba ahlan wada3 wedaa bo3d bu3d bo3dak
bo3dek ba3ad be3eed be3id ba3eed ba3id baeed areeb 2areeb 2orayeb qareeb qarib 2orbak
orbak 2orb orb hodn 7odn hodnak 7odnak hodni bos boos bousa edi 2edi eidi eedi idi
yadi edak eedak idak ideik ras rasi weshak wishak khad khaddak shafayef shafayif sha3r
sha3ri sha3rak roumsh remsh romooshak damm dammi demi nafsi nafsy nafs nafsak sodri
sadri dhili 3aql 3a2l 3a2li aqli rouhak ro7ak habbak habait habit 7abit 7abbeit 7abeet
habbeit habeitak 7abetak 7abbetak 3esht 3isht 3ayesh 3aysh ayesh a3ish a3eesh aeesh
hayah 7ayah hayat 7ayat hayaa mot mout mawt amout amoot bamoot dayeb dayb dobt doob
daye3 day3 tayeh ta3ban ta3abt ta3eb taaban mestani mestanni mustani mestaneek
astannak astanna estanna yareit yareet reit ret yarayt leit layta yemken yimkin mumkin
momken momkin akeed aked tab3an abadan 3omrak 3omro 3omrha 3omrna dayman daiman dayma
tool toul 3atool bardo bardou barduh kaman kamaan kman bidoon bdoon gheir gher gheirak
ghayrak gheirek ghairi siwa siwaka illa ella in inna enni inni enny ennak innak ennaha
inno enno ennohom an anna qad laqad sawfa lan lam lays laysa lastu hal ithan idha iza
eza heen hina hayth haythu 3inda inda hatta 7atta hata 7ata hayefdal hafdal fadel
afdal tefdal yefdal hansak han3eesh han hat ha7ebak htebqa hatkoun haykoun beyhebbak
biyhib beyheb bey2ol byes2al bas2al as2al asal es2al tes2al so2alt yes2al qaal qala
qalat kaana kaanat haadha haadhihi alladhee fee yaa bi bil bel lil wel wil wal fal was
wenta wenti wana wenty wehna
"""
