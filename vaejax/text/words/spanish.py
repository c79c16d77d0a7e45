"""Spanish as it is sung."""

WORDS = """
que de no a la el y en te me mi un lo se tu es por una si con para los yo como más las
ya pero amor mí del al sin su quiero está tú cuando nada ti vida corazón esta noche
eres todo ser hay sé soy solo sólo sí le así porque aquí bien siempre día qué nunca
hoy tengo amo ay ven donde dónde quien quién vez voy vas va vamos van estoy estás
están estar estaba era eras fue fui ha he has han había hacer hace haces hago dice
dime decir digo dices dijo dijiste ver veo verte ves mira mirar mirada mis tus sus nos
nuestro nuestra este esto ese esa eso aquel aquella ella ellos él nosotros ustedes
usted muy mucho mucha muchos poco tanto tanta tan otra otro veces mejor peor grande
bueno buena malo mala mismo misma cada algo alguien nadie todos toda todas ningún
ninguna aunque mientras hasta desde entre sobre contra hacia según también tampoco
además entonces después antes ahora luego pronto tarde temprano ayer mañana noches
días tiempo año años mes hora horas minuto momento mundo cielo tierra mar sol luna
estrella estrellas luz sombra fuego agua viento lluvia río playa arena flor flores
rosa árbol camino calle casa puerta ventana ciudad pueblo lugar ojos boca labios beso
besos besar bésame piel cuerpo mano manos cara pelo brazos alma mente sangre voz
palabra palabras nombre canción cantar canto canta bailar baila baile bailando música
fiesta ritmo mujer hombre niña niño chica chico nena bebé mami papi mamá papá madre
padre hermano amigo amiga amigos gente reina rey dios señor santo virgen diablo ángel
querer quieres quiere quisiera quería querido querida amar amas ama amando amado
amante sentir siento sientes siente sentimiento pensar pienso piensas pensando saber
sabes sabe sabía supe poder puedo puedes puede pueden pude podría podrá tener tienes
tiene tenía tuve tuvo tendré venir vengo viene vienes vino llegar llega llegó llegaste
ir irme irte fuiste fueron irá iré seguir sigo sigue sigues dejar dejo deja dejaste
dejé dejó volver vuelve vuelvo volveré volverás volverá volvió olvidar olvido olvida
olvidarte olvidé recordar recuerdo recuerdos recuerda soñar sueño sueños soñando vivir
vivo vive viviendo vivía morir muero muere muriendo muerte llorar lloro llora llorando
lágrimas reír risa sonrisa esperar espero espera esperando buscar busco busca buscando
encontrar encontré encuentro perder pierdo perdí perdido perdida perdón perdona
perdóname dar doy das da dame darte dio dí pedir pido pides hablar hablo habla
hablando oír oye escucha escuchar llamar llama llamas llámame tocar toca toco llevar
llevo lleva llévame llevas pasar pasa pasó paso pasado caer caigo cae romper roto rota
creer creo crees cree parece falta faltas gusta gustas gustan encanta importa dolor
duele pena tristeza triste feliz alegría soledad miedo fuerte fuerza valor verdad
mentira mentiras razón culpa locura loco loca dulce bonita bonito linda lindo hermosa
hermoso bella bello blanca blanco negro negra rojo azul verde frío calor caliente
libre libertad paz guerra mía mío tuyo tuya suyo cosas cosa fin final principio
historia destino suerte secreto deseo ganas pasión ilusión esperanza fe cariño adiós
hola gracias favor claro tal quizás quizá acaso oh eh ah uh yeah wo pa' pa na' to' toa
perreo flow dale mueve muévelo pégate rumba salsa cumbia guitarra tambor corazones
caminos pueblos dos tres cuatro cinco seis siete mil cien primera primer última último
nuevo nueva viejo vieja alto bajo lejos cerca dentro fuera arriba abajo atrás adelante
allí ahí allá acá jamás todavía aún mitad lado parte forma manera cama copa ron café
pan sal azúcar dinero plata oro carro avión barco tren sendero montaña campo bosque
jardín isla puerto barrio patria bandera quedar quedo queda quédate quedó salir salgo
sale salió subir sube bajar baja correr corre corro volar vuela vuelo abrir abre
cerrar cierra dormir duermo duerme despertar despierto contar cuenta cuento jugar
juega juego ganar gano trabajar trabajo comer come beber bebe tomar toma tomo poner
pongo pone puso entrar entra nacer nació crecer
"""
