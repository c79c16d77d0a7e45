"""English, with what is sung for its sound in any language."""

WORDS = """
me my mine myself you your yours yourself we us our ours ourselves he him his himself
she her hers herself it its itself they them their theirs themselves one ones ya y'all
yall 'em em thee thou thy this that these those there here who whom whose which what
whatever where when why how someone somebody something somewhere anyone anybody anything
anywhere everyone everybody everything everywhere nobody nothing nowhere none an the and
or but nor so if then than as because cause 'cause cuz coz though although while until
till unless since whether either neither both of in on at by to from for with without
within into onto out off up down over under above below about around across through
between behind before after against along upon near like again back away be am is are
was were been being do does did done doing have has had having will would shall should
can could may might must ought cannot ain't aint i'm i've i'll i'd you're you've you'll
you'd he's he'll he'd she's she'll she'd it's it'll it'd we're we've we'll we'd they're
they've they'll they'd that's that'll there's here's what's where's who's how's let's im
ive ill id youre youve youll hes shes weve theyre theyve thats theres heres whats lets
isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't won't wouldn't
shouldn't can't couldn't mustn't needn't isnt arent wasnt werent dont doesnt didnt
havent hasnt hadnt wont wouldnt shouldnt cant couldnt gonna wanna gotta gon' gon goin'
doin' tryna lemme gimme imma finna outta kinda 'til get gets got getting go goes going
gone went come comes coming came let make makes made take takes took give gives gave put
say says said see saw tell told know knows knew want wants wanted need needs keep think
try no not never ever yes nah yep nope too also just only even still yet already now
always very much many more most less least few some any all each every other another
such same own well really maybe quite rather almost enough else once oh ooh oooh ohh uh
uhh huh hey yo yeah yea yeh yah ah aah ahh aha ay ayy aye eh hm hmm mm mmm mhm la lala
lalala na nana nanana da dada doo doop dum di dee ba bam bom pa pum ra tra ha haha ho
hoo whoa woah woo wow ooo oo uuh wo ouh oi ey two way look looks looking right better
best
"""
