"""Spanish, with and without accents, as lyrics are typed."""

WORDS = """
yo tú tu vos usted él el ella ello nosotros nosotras vosotros vosotras ustedes ellos
ellas me te se nos os le les lo la los las mí mi ti si sí conmigo contigo consigo mis
tus su sus mío mía míos mías mio mia mios mias tuyo tuya tuyos tuyas suyo suya suyos
suyas nuestro nuestra nuestros nuestras vuestro vuestra un una uno unos unas al del este
esta esto estos estas ese esa eso esos esas aquel aquella aquello aquellos aquellas que
qué quien quién quienes cual cuál cuales cuyo cuando cuándo donde dónde adonde adónde
como cómo cuanto cuánto cuanta cuánta cuantos cuántos cuantas porque porqué ni pero sino
aunque mientras pues entonces así asi luego ante bajo con contra de desde en entre hacia
hasta para pa pa' pal por según segun sin sobre tras durante no nunca jamás jamas nada
nadie ningún ninguna ninguno tampoco también tambien ya aún aun todavía todavia más mas
menos muy mucho mucha muchos muchas poco poca pocos tan tanto tanta tantos tantas todo
toda todos todas algo alguien algún alguna algunos algunas cada otro otra otros otras
mismo misma solo sólo sola bien mal casi quizás quizas tal vez veces siempre ahora aquí
aqui acá aca ahí ahi allí alli allá alla hoy antes después despues ser soy eres es somos
son era eras eran éramos fui fue fuiste fueron sea seas sean será sera seré sere serás
sería seria sido siendo estar estoy estás está están estan estamos estaba estabas
estaban estuve esté estés estando he has ha hemos han había habia hay haber haya habrá
hubo hubiera tener tengo tienes tiene tienen tenemos tenía tenia tenga tuve ir voy vas
va vamos van vaya iba ibas íbamos hacer hago haces hace hacen haz hecho hizo haga poder
puedo puedes puede pueden podía podría pude quiero quieres quiere quieren quería queria
querer sé sabes sabe saber decir digo dices dice dicen dime dijo dijiste di ven veo ves
ve ver dar doy das da dan dame dejar deja dejes debo debe oh ay ey eh ah uh oye uoh woh
ouh oé olé ole yeh yeah lará lere lelo lolo lola tará
"""
