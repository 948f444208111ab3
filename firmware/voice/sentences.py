"""The words of the sentences that the box says by itself: English, Afrikaans, French.

Pure: one table, by the prompt's id without `box-`. What makes prompts of them, and who hears them:
built_in.py. What is spoken differently in a language than word for word is one sentence here.

Tests: tests/firmware/voice/test_built_in.py.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, str, str]]] = {
    "forward-always": (
        "All your calls are now forwarded to",
        "Al jou oproepe word nou aangestuur na",
        "Tous vos appels sont maintenant renvoyés vers le",
    ),
    "forward-busy": (
        "When you are busy, your calls are now forwarded to",
        "Wanneer jy besig is, word jou oproepe nou aangestuur na",
        "Quand vous êtes occupé, vos appels sont maintenant renvoyés vers le",
    ),
    "forward-no-answer": (
        "When you do not answer, your calls are now forwarded to",
        "Wanneer jy nie antwoord nie, word jou oproepe nou aangestuur na",
        "Quand vous ne répondez pas, vos appels sont maintenant renvoyés vers le",
    ),
    "forward-off": (
        "This forwarding is now off.",
        "Hierdie aanstuur is nou af.",
        "Ce renvoi est maintenant désactivé.",
    ),
    "dnd-on": (
        "Do not disturb is now on.",
        "Moenie steur nie is nou aan.",
        "Ne pas déranger est maintenant activé.",
    ),
    "dnd-off": (
        "Do not disturb is now off.",
        "Moenie steur nie is nou af.",
        "Ne pas déranger est maintenant désactivé.",
    ),
    "waiting-on": (
        "Call waiting is now on.",
        "Oproep wag is nou aan.",
        "Le signal d'appel est maintenant activé.",
    ),
    "waiting-off": (
        "Call waiting is now off.",
        "Oproep wag is nou af.",
        "Le signal d'appel est maintenant désactivé.",
    ),
    "logged-in": (
        "You are logged in.",
        "Jy is aangemeld.",
        "Vous êtes connecté.",
    ),
    "logged-out": (
        "You are logged out.",
        "Jy is afgemeld.",
        "Vous êtes déconnecté.",
    ),
    "paused": (
        "You are paused.",
        "Jy het 'n pouse.",
        "Vous êtes en pause.",
    ),
    "ready": (
        "You are ready for calls.",
        "Jy is gereed vir oproepe.",
        "Vous êtes prêt à prendre des appels.",
    ),
    "more-time": (
        "You have more time for your notes.",
        "Jy het meer tyd vir jou notas.",
        "Vous avez plus de temps pour vos notes.",
    ),
    "no-more-time": (
        "More time is not possible now.",
        "Meer tyd is nie nou moontlik nie.",
        "Plus de temps n'est pas possible maintenant.",
    ),
    "noted": (
        "Noted:",
        "Aangeteken:",
        "Noté :",
    ),
    "not-noted": (
        "Nothing is noted any more.",
        "Niks is meer aangeteken nie.",
        "Plus rien n'est noté.",
    ),
    "no-queue-call": (
        "You have had no call of a queue.",
        "Jy het nog geen oproep van 'n tou gehad nie.",
        "Vous n'avez pas eu d'appel d'une file d'attente.",
    ),
    "in-no-queue": (
        "You answer calls of no queue.",
        "Jy antwoord geen tou se oproepe nie.",
        "Vous ne répondez à aucune file d'attente.",
    ),
    "only-your-own": (
        "You can do this for your own extension only.",
        "Jy kan dit net vir jou eie uitbreiding doen.",
        "Vous ne pouvez faire cela que pour votre propre poste.",
    ),
    "no-such-code": (
        "There is no such code.",
        "Daar is nie so 'n kode nie.",
        "Ce code n'existe pas.",
    ),
    "number-missing": (
        "Please dial the number after the code.",
        "Skakel asseblief die nommer na die kode.",
        "Veuillez composer le numéro après le code.",
    ),
    "number-wrong": (
        "This is not possible with the number",
        "Dit is nie moontlik nie met die nommer",
        "Ce n'est pas possible avec le numéro",
    ),
    "not-saved": (
        "This could not be saved. Please try again later.",
        "Dit kon nie gestoor word nie. Probeer asseblief later weer.",
        "Cela n'a pas pu être enregistré. Veuillez réessayer plus tard.",
    ),
    "nothing-rings": (
        "There is no call to pick up.",
        "Daar is geen oproep om op te tel nie.",
        "Il n'y a pas d'appel à prendre.",
    ),
    "not-your-group": (
        "You may not pick up this call.",
        "Jy mag nie hierdie oproep optel nie.",
        "Vous ne pouvez pas prendre cet appel.",
    ),
    "colleague-busy": (
        "Your colleague is busy.",
        "Jou kollega is besig.",
        "Votre collègue est occupé.",
    ),
    "do-not-disturb": (
        "Your colleague does not want to be disturbed.",
        "Jou kollega wil nie gesteur word nie.",
        "Votre collègue ne veut pas être dérangé.",
    ),
    "colleague-away": (
        "The phone of your colleague cannot be reached.",
        "Jou kollega se telefoon kan nie bereik word nie.",
        "Le téléphone de votre collègue n'est pas joignable.",
    ),
    "parked-at": (
        "The call is parked at",
        "Die oproep is geparkeer by",
        "L'appel est parqué au",
    ),
    "slot-empty": (
        "No call is parked here.",
        "Geen oproep is hier geparkeer nie.",
        "Aucun appel n'est parqué ici.",
    ),
    "transfer-here": (
        "Transfer a call to this number to park it.",
        "Skakel 'n oproep deur na hierdie nommer om dit te parkeer.",
        "Transférez un appel vers ce numéro pour le parquer.",
    ),
    "nobody-there": (
        "Sorry, nobody can take your call now. Please call again later.",
        "Jammer, niemand kan nou jou oproep neem nie. Bel asseblief later weer.",
        "Désolé, personne ne peut prendre votre appel. Veuillez rappeler plus tard.",
    ),
    "you-entered": (
        "You entered",
        "Jy het ingevoer",
        "Vous avez composé",
    ),
    "confirm": (
        "If this is right, press 1. To enter it again, press 2.",
        "As dit reg is, druk 1. Om dit weer in te voer, druk 2.",
        "Si c'est exact, tapez 1. Pour recommencer, tapez 2.",
    ),
    "not-recorded": (
        "This call will not be recorded.",
        "Hierdie oproep word nie opgeneem nie.",
        "Cet appel ne sera pas enregistré.",
    ),
    "day": (
        "The office is now open.",
        "Die kantoor is nou oop.",
        "Le bureau est maintenant ouvert.",
    ),
    "night": (
        "The office is now closed.",
        "Die kantoor is nou gesluit.",
        "Le bureau est maintenant fermé.",
    ),
    "by-the-hours": (
        "The office follows its opening hours again.",
        "Die kantoor volg weer sy ure.",
        "Le bureau suit de nouveau ses horaires.",
    ),
    "block-proposed": (
        "Thank you. This number is proposed to be blocked:",
        "Dankie. Hierdie nommer is voorgestel om geblokkeer te word:",
        "Merci. Ce numéro est proposé pour être bloqué :",
    ),
    "block-already": (
        "This number is blocked already.",
        "Hierdie nommer is reeds geblokkeer.",
        "Ce numéro est déjà bloqué.",
    ),
    "block-nobody": (
        "You have not talked with a caller yet.",
        "Jy het nog nie met 'n beller gepraat nie.",
        "Vous n'avez encore parlé avec aucun appelant.",
    ),
    "block-no-number": (
        "The number of this caller is not known.",
        "Hierdie beller se nommer is nie bekend nie.",
        "Le numéro de cet appelant n'est pas connu.",
    ),
    "name-ask": (
        "Please enter the first letters of the family name on the keys of your telephone, and then "
        "hash. To go back, press star.",
        "Voer asseblief die eerste letters van die van in met die sleutels van jou telefoon, en "
        "dan die hutsteken. Om terug te gaan, druk ster.",
        "Veuillez composer les premières lettres du nom de famille sur les touches de votre "
        "téléphone, puis dièse. Pour revenir, tapez étoile.",
    ),
    "name-none": (
        "Sorry, nobody of this name was found.",
        "Jammer, niemand met hierdie naam is gevind nie.",
        "Désolé, personne de ce nom n'a été trouvé.",
    ),
    "name-more": (
        "There are many names like this. Please enter more letters.",
        "Daar is baie sulke name. Voer asseblief meer letters in.",
        "Il y a beaucoup de noms semblables. Veuillez composer d'autres lettres.",
    ),
    "name-for": (
        "For",
        "Vir",
        "Pour",
    ),
    "name-press": (
        "press",
        "druk",
        "tapez",
    ),
    "name-back": (
        "For another name, press star.",
        "Vir 'n ander naam, druk ster.",
        "Pour un autre nom, tapez étoile.",
    ),
    "nobody-hears": (
        "Nobody can hear an announcement now.",
        "Niemand kan nou 'n aankondiging hoor nie.",
        "Personne ne peut entendre d'annonce maintenant.",
    ),
    "wait-next": (
        "You are next in line.",
        "Jy is volgende.",
        "Vous êtes le prochain.",
    ),
    "wait-place": (
        "Your place in line is",
        "Jou plek in die tou is",
        "Votre place dans la file est",
    ),
    "wait-many": (
        "At least nine callers are before you.",
        "Daar is ten minste nege bellers voor jou.",
        "Au moins neuf personnes attendent avant vous.",
    ),
    "wait-up-to": (
        "You will probably wait less than",
        "Jy sal waarskynlik minder wag as",
        "L'attente sera probablement de moins de",
    ),
    "wait-between": (
        "You will probably wait between",
        "Jy sal waarskynlik wag tussen",
        "L'attente sera probablement entre",
    ),
    "wait-more-than": (
        "You will probably wait more than",
        "Jy sal waarskynlik meer wag as",
        "L'attente sera probablement de plus de",
    ),
    "wait-and": (
        "and",
        "en",
        "et",
    ),
    "wait-minute": (
        "minute.",
        "minuut.",
        "minute.",
    ),
    "wait-minutes": (
        "minutes.",
        "minute.",
        "minutes.",
    ),
    "wait-exit": (
        "If you do not want to wait, press",
        "As jy nie wil wag nie, druk",
        "Si vous ne voulez pas attendre, tapez",
    ),
    "agent-waited": (
        "has waited",
        "het gewag",
        "a attendu",
    ),
    "agent-confirm": (
        "To take the call, press one.",
        "Om die oproep te neem, druk een.",
        "Pour prendre l'appel, tapez un.",
    ),
    "agent-callback": (
        "This is a callback.",
        "Dit is 'n terugbel.",
        "C'est un rappel.",
    ),
    "forwarded-call": (
        "A call for you was forwarded to this number.",
        "'n Oproep vir jou is na hierdie nommer aangestuur.",
        "Un appel pour vous a été renvoyé vers ce numéro.",
    ),
    "callback-offer": (
        "If you would like us to call you back, and to keep your place in line, press",
        "As jy wil hê ons moet jou terugbel, en jou plek in die tou wil behou, druk",
        "Si vous souhaitez être rappelé et garder votre place dans la file, tapez",
    ),
    "callback-at": (
        "We will call you back at",
        "Ons sal jou terugbel by",
        "Nous vous rappellerons au",
    ),
    "callback-own": (
        "If this is right, press 1. To give another number, press 2. To go on waiting, press star.",
        "As dit reg is, druk 1. Vir 'n ander nommer, druk 2. Om verder te wag, druk ster.",
        "Si c'est exact, tapez 1. Pour un autre numéro, tapez 2. Pour continuer à attendre, tapez "
        "étoile.",
    ),
    "callback-only-own": (
        "If this is right, press 1. To go on waiting, press star.",
        "As dit reg is, druk 1. Om verder te wag, druk ster.",
        "Si c'est exact, tapez 1. Pour continuer à attendre, tapez étoile.",
    ),
    "callback-number": (
        "Please enter the number at which we can reach you, then press the hash key. To go on "
        "waiting, press star.",
        "Voer asseblief die nommer in waar ons jou kan bereik, en druk dan die hutsteken. Om "
        "verder te wag, druk ster.",
        "Veuillez composer le numéro où nous pouvons vous joindre, puis tapez dièse. Pour "
        "continuer à attendre, tapez étoile.",
    ),
    "callback-not": (
        "We cannot call this number.",
        "Ons kan nie hierdie nommer bel nie.",
        "Nous ne pouvons pas appeler ce numéro.",
    ),
    "callback-taken": (
        "Thank you. Your place in line is kept, and we will call you back when it is your turn. "
        "Goodbye.",
        "Dankie. Jou plek in die tou word gehou, en ons bel jou terug wanneer dit jou beurt is. "
        "Totsiens.",
        "Merci. Votre place est gardée et nous vous rappellerons quand ce sera votre tour. Au "
        "revoir.",
    ),
    "callback-here": (
        "Hello. You asked us to call you back.",
        "Hallo. Jy het gevra dat ons jou terugbel.",
        "Bonjour. Vous avez demandé à être rappelé.",
    ),
    "callback-now": (
        "To talk with us now, press 1. If you no longer need this call, press 2.",
        "Om nou met ons te praat, druk 1. As jy die oproep nie meer nodig het nie, druk 2.",
        "Pour nous parler maintenant, tapez 1. Si vous n'en avez plus besoin, tapez 2.",
    ),
    "callback-ended": (
        "Thank you. We will not call again. Goodbye.",
        "Dankie. Ons sal nie weer bel nie. Totsiens.",
        "Merci. Nous ne rappellerons plus. Au revoir.",
    ),
    "mailbox-greeting": (
        "Please leave a message after the tone. When you have finished, press the hash key, or "
        "simply hang up.",
        "Los asseblief 'n boodskap na die toon. Druk die hutsteken as jy klaar is, of sit net "
        "neer.",
        "Veuillez laisser un message après le bip. Pour terminer, appuyez sur dièse ou raccrochez.",
    ),
    "mailbox-full": (
        "Sorry, there is no room for more messages. Please call again later.",
        "Jammer, daar is nie plek vir nog boodskappe nie. Bel asseblief later weer.",
        "Désolé, il n'y a plus de place pour un message. Veuillez rappeler plus tard.",
    ),
    "mailbox-thanks": (
        "Thank you. Your message has been kept. Goodbye.",
        "Dankie. Jou boodskap is gestoor. Totsiens.",
        "Merci. Votre message est enregistré. Au revoir.",
    ),
    "mailbox-nothing": (
        "No message was left. Goodbye.",
        "Geen boodskap is gelos nie. Totsiens.",
        "Aucun message n'a été laissé. Au revoir.",
    ),
    "mailbox-new": (
        "New messages:",
        "Nuwe boodskappe:",
        "Nouveaux messages :",
    ),
    "mailbox-old": (
        "Messages heard before:",
        "Boodskappe reeds gehoor:",
        "Messages déjà entendus :",
    ),
    "mailbox-none": (
        "You have no messages.",
        "Jy het geen boodskappe nie.",
        "Vous n'avez pas de message.",
    ),
    "mailbox-not-yours": (
        "You have no mailbox.",
        "Jy het nie 'n posbus nie.",
        "Vous n'avez pas de boîte vocale.",
    ),
    "mailbox-from": (
        "Message from",
        "Boodskap van",
        "Message du",
    ),
    "mailbox-unknown": (
        "Message from an unknown number.",
        "Boodskap van 'n onbekende nommer.",
        "Message d'un numéro inconnu.",
    ),
    "mailbox-keys": (
        "To hear it again, press one. For the next one, press two. To delete it, press three. For "
        "the one before, press four. To finish, press star.",
        "Om dit weer te hoor, druk een. Vir die volgende een, druk twee. Om dit uit te vee, druk "
        "drie. Vir die vorige een, druk vier. Om klaar te maak, druk ster.",
        "Pour le réentendre, tapez un. Pour le suivant, tapez deux. Pour l'effacer, tapez trois. "
        "Pour le précédent, tapez quatre. Pour terminer, tapez étoile.",
    ),
    "mailbox-deleted": (
        "Deleted.",
        "Uitgevee.",
        "Effacé.",
    ),
    "mailbox-no-more": (
        "There are no more messages.",
        "Daar is nie meer boodskappe nie.",
        "Il n'y a plus de messages.",
    ),
    "mailbox-unreadable": (
        "This message cannot be heard now.",
        "Hierdie boodskap kan nie nou gehoor word nie.",
        "Ce message ne peut pas être entendu maintenant.",
    ),
}
