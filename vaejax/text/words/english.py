"""English as it is sung."""

WORDS = """
the you i and to a me my it in of your that on we be is all for know so but love like
no don't just can what i'm with oh this when up get one do baby if now it's see go out
are at down was never time got yeah you're come want let not have gonna they will make
from take feel say way there she her he how heart back right night been where life
would could should here away need tell good more keep only think world hold day cause
can't ain't wanna i'll i've they're we're that's there's who why as or by his him them
us our their than then too still through over into around again always every
everything nothing something someone anybody everybody nobody ever before after while
until because without inside outside under between about against another both each few
other some such very much many little big old new long last first next own same eyes
hand hands face mind soul body head arms lips smile tears dream dreams light dark
darkness fire rain sun moon stars star sky sea river wind road home house door window
room street town city car train song music dance sing singing play girl boy man woman
men women child children mother father brother sister friend friends people money gold
god heaven hell angel devil king queen lord jesus hallelujah amen christmas morning
evening tonight today tomorrow yesterday summer winter spring snow cold hot warm high
low deep free alone lonely happy sad blue black white red green true real sweet
beautiful pretty crazy wild young strong weak sorry please thank hello goodbye bye hey
whoa ooh la na da uh huh yes maybe babe honey darling sugar look looking find found
lost lose leave left leaving stay wait waiting walk walking run running fall falling
fly flying stand standing turn turned turning break broken breaking cry crying try
trying die dying live living believe remember forget wish hope wonder call called
calling talk talking hear heard listen speak said told wrote write read give gave
given bring brought send show shown move moving burn burning kiss kissed touch felt
feeling knew known thought went gone came done did does didn't doesn't won't wouldn't
couldn't shouldn't isn't wasn't weren't haven't hasn't you've you'll you'd we'll we've
he's she's i'd let's gotta 'cause 'til till kinda outta 'em somehow somewhere
sometimes anymore anything anyway forever together apart close closer open start end
begin beginning higher ground hard harder easy soft slow fast better best worse worst
matter reason truth lie lies lying wrong pain hurt shame blame pride fear afraid
scared brave save saved safe peace war fight fighting win game party club drink drunk
wine whiskey smoke drive driving ride riding rock roll beat bass sound noise silence
voice word words name story memory picture letter phone book page line number hundred
thousand million two three four five six seven eight nine ten hours hour minutes
minute second days nights years year weeks week shine shining bright glow shadow
shadows ghost ghosts bones blood skin breath breathe water ocean waves wave island
shore sand mountain hill hills valley field fields flower flowers rose tree trees
leaves bird birds wings stone stones glass diamond silver chain chains cage key lock
mirror clock bell ring rings crown dress shoes hair hat coat bag bed floor wall walls
roof chair table kitchen garden bridge corner highway knows makes takes gets goes
comes says feels needs wants loves keeps looks seems thinks knowing making taking
getting going coming saying wanting loving keeping thinking dreaming wishing hoping
dancing holding tryin' lovin' gettin' comin' goin' lookin' feelin' livin' nothin'
somethin' talkin' runnin' workin' makin' though although however whatever wherever
whenever whoever myself yourself himself herself itself ourselves themselves being
having were am had has might must may shall damn 
homie bout swag boss hustle cash work working job school friday saturday sunday monday
crowd stage lights heartbeat heartache sunshine moonlight sunrise sunset rainbow
thunder lightning storm
"""
