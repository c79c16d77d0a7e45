"""Bangla, its spoken and its older written forms, and romanised."""

WORDS = """
আমি আমার আমারে আমাকে আমায় আমরা আমাদের মোর মোরে মোরা মম তুমি তোমার তোমারে তোমাকে তোমায়
তোমরা তোমাদের তুই তোর তোরে তোকে তোরা তোদের আপনি আপনার আপনাকে তব সে তার তারে তাকে তাদের
তাহার তাহারে তাঁর তিনি ওর ওরে ওকে ওরা ওদের উনি এর একে এরা এদের ইনি যে যার যারে যাকে যারা
যাদের কে কার কারে কাকে কারা কেউ কেহ নিজে নিজের নিজেকে আপন সবাই এই ওই সেই এটা ওটা সেটা
এইটা এমন তেমন যেমন কেমন এত এতো অত তত যত কত কতো কতই এখন তখন যখন কখন কখনো এবার আবার এখানে
ওখানে সেখানে যেখানে কোথায় কোথা কোথাও হেথা হেথায় সেথা সেথায় যেথা যেথায় কোন কোনো কিছু
কি কী কেন কিসের কিসে কেমনে কেবা কিবা যদি যদিও তবে তবু তবুও তাই তো নইলে নয়তো যেন বুঝি
বটে নাকি আর এবং বা অথবা কিন্তু কারণ বলে জন্য জন্যে মতো মত মতন থেকে হতে দিয়ে নিয়ে সাথে
সঙ্গে সনে পরে আগে পর পাশে কাছে ভিতর ভেতর মাঝে মধ্যে উপর উপরে নিচে নীচে পানে দিকে ছাড়া
বিনা বিনে পর্যন্ত ধরে করে তরে লাগি লাগিয়া না নাই নেই নাহি নি নয় নও নহে নারে হ্যাঁ হাঁ
শুধু শুধুই কেবল আরো আরও খুব অনেক একটু একটা একটি এক দুটি সব সবই সকল সদা আজ আজি আজও চির
আছে আছি আছো আছ আছিস ছিল ছিলো ছিলে ছিলাম ছিলেম থাকে থাকি থাকো থাকবে থাকবো থাকব থাকতে হয়
হই হও হবে হবো হব হলো হল হলে হয়ে হইয়া হইলো হইল হইতে হয়েছে হতো করি করো কর করিস করবে
করবো করব করলে করলো করলাম করলি করতে করেছি করেছো করেছে করিয়া করা যায় যাই যাও যাবে যাবো
যাব যাবি যেতে যা যাস গেল গেলো গেলে গেলাম গিয়ে গেছে আসে আসি আসো এসো আয় আসবে আসবো এলো এল
এলে এসে দেয় দিই দাও দেবে দেবো দিব দিলে দিলো দিল দিলাম দিতে দে নেয় নাও নিল নিলে নে পারি
পারে পারো পারিনা চাই চাও চায় বলো বল বলি রে গো হে ওগো ওহে আহা আহারে হায় হায়রে লা লালা
হো হেই পড়ে পড়া পড়ি সারা
ami amar amare amake amay amra amader mor more mora momo tumi tomar tomare tomake tomay
tomra tomader tui tor tore toke tora apni apnar apnake tobo se she tar tare take tader
tahar tini or ore oke ora uni er eke era je jar jare jake jara ke kar kare kake kara keu
keho nije nijer nijeke shobai sobai ei oi oy sei shei eta ota seta emon temon jemon
kemon eto oto joto koto ekhon akhon tokhon jokhon kokhon kokhono ebar abar ekhane okhane
sekhane shekhane jekhane kothay kothao hethay jethay kon kono kichu kichhu ki keno kiser
kise kemone jodi tobe tobu tobuo tai to noito jeno bujhi ar aar ebong ba kintu karon
jonno jonne moto moton theke hote diye niye sathe shathe songe shonge sone pore age por
pashe pase kache kachhe bhitor bhetor majhe moddhe upor opor upore niche pane dike chara
chhara bina bine dhore kore lagi lagiya na nai nei nahi ni noy noi hae hyan shudhu sudhu
kebol aro khub onek ektu ekta ekti ek shob sob sobi shobi sokol shokol aj aaj aji chiro
ache achhe achi achhi acho achho chilo chhilo chile chhile chilam chhilam thake thaki
thako thakbe thakbo thakte hoy hoi hobe hobo holo hole hoye hoiya hoilo hoyeche hoyechhe
hoto kori koro kor korbe korbo korbi korle korlo korlam korte korechi korechhe koriya
kora jay jai jao jabe jabo jabi jete ja gelo gele gelam giye geche gechhe ase ashe asi
ashi aso esho eso aay ashbe asbe elo ele ese eshe dey dei dao debe debo dibo dile dilo
dilam dite ney nao nilo nile ne pari pare paro parina chai chao chay bolo bol boli bole
re go he hey ogo ohe aha ahare hay hayre porar porche sara
"""
