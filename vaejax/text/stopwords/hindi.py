"""Hindi, and the Urdu and Punjabi of its songs, in Devanagari and romanised."""

WORDS = """
मैं मै मुझे मुझको मुझ मुझसे मेरा मेरी मेरे हम हमें हमको हमसे हमारा हमारी हमारे तू तुझे
तुझको तुझ तुझसे तेरा तेरी तेरे तुम तुम्हें तुम्हे तुमको तुमसे तुम्हारा तुम्हारी तुम्हारे
आप आपको आपका आपकी आपके वो वह वे उस उसे उसका उसकी उसके उसको उन उन्हें उनका उनकी उनके ये
यह इस इसे इसका इसकी इसके इन इन्हें इनका जो जिस जिसे जिसका जिसकी जिसके जिन कौन कोई किस
किसे किसी किसका क्या क्यों क्यूँ क्यूं कैसे कैसा कैसी कब कहाँ कहां किधर कितना कितनी
कितने कुछ सब सभी सारा सारे सारी अपना अपनी अपने खुद का की के को में मे से पर पे तक ने लिए
लिये वास्ते साथ संग बिना बिन बाद पहले ऊपर नीचे अंदर बाहर पास ओर तरफ बीच आगे पीछे और या
लेकिन मगर तो भी ही कि अगर जब तब अब जैसे जैसा जैसी ऐसे ऐसा ऐसी वैसे फिर क्योंकि ताकि वरना
यूँ यूं इतना इतनी इतने उतना जहाँ जहां वहाँ वहां यहाँ यहां इधर उधर कभी हमेशा सदा आज बस
सिर्फ बहुत ज़्यादा ज्यादा कम थोड़ा ज़रा जरा एक दो ना नहीं नही मत हाँ हां जी है हैं हूँ
हूं हो था थी थे होगा होगी होंगे होता होती होते होना होने हुआ हुई हुए होके कर करे करें
करो करूँ करूं करना करने करता करती करते किया किये करके गा गी गे जा जाए जाये जाऊँ जाऊं जाओ
जाना जाने जाता जाती जाते गया गई गयी गए गये आए आये आई आया आओ आना रहा रही रहे रहना रह रहता
दे देना दिया दी दिए दिये ले लो लेना लिया ली सकता सकती सकते सके चाहे वाला वाली वाले लगा
लगी लगे पड़े कहे कह ओह हे अरे हाय रे री आहा ला लाला हर सबसे
main mai mein me mujhe mujhko mujh mujhse mera meri mere hum ham humein hamein hume
hamen humko hamko humse hamse humara humari humare hamara hamari hamare tu too tujhe
tujhko tujh tujhse tera teri tere tum tumhe tumhein tumhen tumko tumse tumhara tumhari
tumhare aap aapko aapka aapki aapke woh wo vo voh us use usse uska uski uske usko un
unhe unka unki unke ye yeh yah is ise isse iska iski iske in inhe inka jo jis jise jiska
jiski jiske kaun kon koi kis kise kisi kiska kya kyun kyu kyon kyoon kaise kaisa kaisi
kab kahan kaha kidhar kitna kitni kitne kuch kuchh sab sabhi saara saare saari sara sare
sari apna apni apne khud ka ki ke ko se par pe tak ne liye lie saath sath sang bina bin
baad pehle oopar neeche andar bahar paas pas taraf beech aage peeche aur ya lekin magar
to toh bhi hi agar gar jab tab ab abb jaise jaisa jaisi aise aisa aisi waise phir fir
kyunki warna yun yoon itna itni itne utna jahan jaha wahan waha yahan yaha idhar udhar
kabhi hamesha sada aaj bas bass sirf bahut bohot bahot zyada zara jara thoda ek na naa
nahi nahin nai mat haan han ji jee hai hain hun hu ho tha thi the hoga hogi honge hota
hoti hote hona hone hua hui hue huye kar kare karein karo karun karoon karu karna karne
karta karti karte kiya kiye karke ga gi ge ja jaa jaaye jaye jaun jaaun jao jaao jaana
jaane jana jane jaata jaati jaate jata jati jate gaya gayi gaye gai gae aa aaye aaya
aayi aao aana aaja raha rahi rahe rehna reh rehta de do dena diya di diye le lo lena
liya li sakta sakti sakte sake chahe wala wali wale vala lagi laga lage keh kahe oh hey
arre are haye hay re ri aye tenu tainu mainu menu nu da vich kii kaa kee hii hee bhii
bhee jii sii meraa teraa hamaara hamaaraa tumhaara tumhaaraa apnaa har sabse naahi
naahin hoon
"""
