"""Bangla as songs and chats romanise it."""

WORDS = """
ami tumi amar tomar je na r ar o ke ki kore se tai ei ore mon eke jay theke bhalo
bhalobasha bhalobashi valobasa valobashi bhalobasa bhalobasi amay tomay amake tomake
tomare amare mone pore prem prane pran premer moner praner akash akashe akasher batash
batase bataser nodi nodir jol jole jibon jibone jiboner pakhi ful phul fuler phuler
rat raat rate raate raater rater din dine diner sondha shondha sondhya sokal shokal
bikel dupur alo aloy aalo alor adhar andhar ondhokar chokh chokhe chokher mukh mukhe
haat hat hate haater buk buke buker bondhu bondhure sokhi sokhire shokhi go re he hey
hay hai haire ogo ohe nei nai nahi noy noi hoy hobe holo hole hoye hoyeche hoyechhe
hote hoyni hoilo hoiya ache achhe achi achhi acho achho chilo chhilo chile chhile
chilam chhilam thake thaki thako thakbo thakbe thakte thakle thakuk korbo korbe korbi
korbena kori koro kor koris koren korechi korechho korecho koreche korechhe korle
korlam korlo korlona korte korchi korcho korche kora koriya korilo korio jabo jabe
jabi jai jao jak jan jacche jachchhe jacchi jachchi jeo jete gele gelo gelam geli giye
geche gechhe gechi gecho asho esho aso eso ashbe asbe ashbo asbo ashe ase ashi asi
ashche asche eseche esechhe eshechhe ashuk elo ele elam eshe ese ashiya ashilo debo
debe dibo diba dibe dei day dao dey deo diye diya dilo dile dilam diyecho diyechho
diyeche diyechi dite dekho dekhi dekhe dekhbo dekhte dekhechi dekhechhi dekhecho dekha
dekhao dekhlam dekhle dekhlo dekhona shono shuno suno shuni shune shunbo shunte
shunechi bolo bole boli bolbo bolbe bolte bolechile bolecho bolechi bola bolna bolona
bollam bolle bollo kotha kothay kotho koto koyo kobe kokhon keno kano kemon kemne
kothao kichu kichhu kichui shob sob shobai sobai shobar sobar shudhu sudhu eka ekla
ekai ekta ekti ekbar ekdin ekjon ek du dui duti duto tin shoto soto hajar koti ekhon
akhon ekhono ekhane okhane shekhane sekhane jekhane jokhon tokhon jodi jody tobu tobuo
tobe tahole kintu karon jeno jemon temon jeta sheta seta eta ota eto oto joto toto
amra tomra tara ora tader oder amader tomader amaderi apni apnar apnake tui tor tore
toke tomari amari tumii shey shei sei oi oy oitar tar taar take tare tahar tahare jar
jare jader karo kar kare kaharo nije nijer nijeke apon por porer pase pashe kache
kachhe dure dur dore durer upor opor niche nicher bhitor bhetor bahire baire majhe
moddhe majhkhane shathe sathe shonge songe sange shoho bina chara chhara jonno jonne
jonyo moto motoi moton theko abar aro aaro khub onek onekdin beshi besi kom olpo ektu
ektukhani shuru suru shesh ses sheshe prothom notun natun purono purano chirodin chiro
chirokal aj aaj ajke aajke ajo aajo ajker kal kalke kaler porshu shomoy somoy shomoyer
belay bela khon khone muhurto bochor bochhor mash boishakh phagun fagun faguner
boshonto bosonto borsha borosha sraban srabon shrabon brishti bristi bristir brishtir
megh meghe megher jhor jhore jhorer hawa haowa hawar shagor sagor sagorer dheu dheuer
tir tire kul kule par pare parer nouka noukay majhi majhire naiya pal bhatiyali gram
gramer gaye gayer path poth pothe pother pothik rasta shohor sohor shohore desh deshe
desher bidesh mati matir ma mayer maa baba bhai bon bhaiya khoka khuku meye meyer
chele chhele manush manus manusher manuser lok loke bidhi bidhata khoda khodar allah
allahr rosul nobi doyal dayal murshid guru gurur baul lalon lalan fokir hason raja
probhu thakur hori krishno kanai kala shyam shyamer radha radhe rai brindabon jomuna
jamuna banshi bashi bashir bansuri sur sure surer gaan gan gane ganer gai gaibo gaite
gao geyo shopno sopno swapno shopne sopne shopner swopno asha ashar bhasha bhashay
bashona basona iccha ichchha icche icchhe dukkho dukho dukhkho dukher dukkher shukh
sukh shukhe sukhe shukher sukher kosto koshto betha byatha bedona jontrona jala jwala
agun agune aguner moron moroner mrittu mrityu mori moribo more morlam bachi bachbo
bachte banchi bacha kade kande kadi kandi kadbo kanna kannar kadena kaday kandao hashi
hasi hashe hase hashbo hashir hasir hasho odhor thot thoter chul chule chuler ongo
onge rup rupe ruper rongo rong ronge ronger rongin lal nil neel nila shobuj sobuj kalo
shada sada sonar shonar shona sona sonali shonali rupali chand chad chander chandni
chondro jochna jochhona josna jyotsna tarar taray surjo shurjo surjer bhor bhore
bhorer raty nishi nishithe ghum ghumer ghumay ghumao ghume jag jage jagi jagbo jagiya
ashru osru nirob nirobe nirobota nilanjona ovimaan obhiman oviman abhiman bhul vul
bhule bhulbo vulbo bhulte bhulo bhulini vulte bhulona bhuli rekho monta monere monete
hridoy hridoye hridoyer hriday hridoyey ontor ontore ontorer antor jani jane jano
janina janena janona janbe jante jana ajana ochena chena chine chini chinte chai chay
chao chaile chaite cheye chaina chahi chahe chaiya chaira pai pay pao pabo pabe pelam
pele pelo peyechi peye paite parbo parbe pari paro parina parena parini parlam parle
parlo parbona parbena parte rakhi rakhe rakho rakhbo rakhte rekhe rekhechi rakha
rakhlam niye nibo nebo nite nao ney nilo nile nilam neina nish hariye harano haralo
harabo hariya harai khuji khunji khuje khunje khujte khujechi khujbo firi phire fire
firbo phirbo firbe firey ferari fera phera jolche jolbe jalao jalaile bhashe bhese
bhasi bhasbo bhashi bhasao ure uri urbo urche uriya bhora bhoriye bhoreche dhore dhori
dhorbo dhoro dhora choli chole cholo cholbo cholte cholche chola cholechi khule khola
khulbo bondho bhanga vanga bhenge venge bhangbo bhangte jhora jhoriye chuye chhuye
chhoya chhowa choa mishe misha mile milon milbe milan biroho bidhur biday bidaay
shathi sathi sathihara ghor ghore ghorer dorja janala janalay uthan uthane bari barir
barite bash basha bashay basa beche keu keho kono konodin kotodin kotorat kotobar
shunno sunno shunyo nodite thik bujhi bujhe bujhte bujhina bujhlam bujhlo bojhe
bojhena vebe bhebe bhabi vabi bhabna vabna bhabo bhable opekkha opekkhay dhare potho e
ekush bangla banglar bangladesh shadhin shadhinota muktijoddho joy joyer rokto rokte
er mathay matha gaa payer paye pa nupur kolshi kolsi ghat ghate pukur gach gachh
gacher pata patay lage laglo lagbe legeche lagey mela mele melate khela khele khelbo
khelar putul
"""
