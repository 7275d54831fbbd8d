"""English."""

from __future__ import annotations

from types import MappingProxyType

from schemas.perturb.word_list import entries, spun
from schemas.perturb.wordings import Speech, Wordings

SPEECH = Speech(
    train=Wordings(
        fillers=entries(
            """
                um, er, like, you know, well, ah, eh, erm, kind of, let me think, let me see, wait, say, mm, basically
                uh, i mean, so, please, just, actually, okay, like, oh, yeah, right, maybe, kinda, literally, honestly
                anyway, hey, i guess, what is it called, you know what, how do i say, alright
            """
        ),
        openers=entries("""
                hey, okay, um, hello, right, excuse me, listen, well, er, now, hey computer, ah yes, wait, yo
                quick question, one more thing, let me think, just, and, look, hi, evening everyone, ladies, actually
                so, sorry, uh, oh, good evening, hey there, please, hmm okay, alright so, pardon me, thanks, uh hello
            """)
        + spun("""
                (ok|okay|well|so|now|oh|hey|hello|listen|yo|yeah) (computer|house|assistant|buddy|so|well|please|you)
                (ok|okay|well|so|now) (then|then computer)
                (sorry|excuse me|pardon) (but|to bother you|to bother you again|for asking|for the trouble)
                (i think|i guess|i suppose|maybe|it seems|you know what|tell you what|by the way|anyway|like)
                (good|lovely|happy) (afternoon|day|night|weekend) (to you|everyone|computer|dear)
                (before i forget|when you have a moment|if you can|if you could|if it is possible|if you like)
                (one moment|a second|hang on|hold on|look here|see here|right so|good so) (please|computer|you|dear)
                (my dear|clever|sweet|good old|lovely) (house|home|machine|helper|thing)
                (i|we) (just came home|just woke up|will be late|have to go|cannot sleep|are hungry|forgot again)
                (it's|it is) (dark|cold|late|hot|loud|bright) (in here|again|so|now)
            """),
        asks=entries("""
                could you, please, i want you to, can you please, go ahead and, be so good as to, will you
                help me and, try to, let us, you should, remember to, do me a favour and, be a dear and
                it is time to, just, quickly, can you, can you maybe, could you just, could you quickly
                will you please, would you please, would you, i want to, i would love to, i would love you to
                i am asking you to, i was hoping you could, we want to, is it possible to, would it be possible to
                are you able to, you can, you may, we should, let me, go and, please go ahead and
                would you be so good as to, do us a favour and, make sure to, be sure to
                it would be great if you could, i wonder if you could, i think you should, it might be good to
                somebody should, you had better, why not, please just, now please, i said, i told you to
                she wants you to, he asked you to, could you please, i would like you to, i want, please could you
                can you help me and, i'd like you to, i'd like to, would you be able to, could you help me, kindly
                i'm asking you to, if you could, please can you, would you please just, you need to, i have to
            """)
        # What sounds like forbidding and is none (`schemas.recipes.forbidden`): its opposite, in its words.
        + spun("""
                (don't|do not|dont|please don't|and don't|just don't) forget to
                why (don't you|don't we|do you not|don't you please|don't we just|not)
                (i|we) don't mind if you
                (we|she|they|he|the kids|my wife) (need|needs|want|wants) you to
                (i|we) (really|do|just|only|still) (need|want) (to|you to)
                (i did say|i just said|i said please|he said|mum said to|the doctor said to|they asked me to)
                (i|we) (told|asked|begged|allowed|expect|order|allow) you to
                you (must|are to|ought to|are allowed to|are supposed to|have to|have my permission to|are free to)
                (there is|there's) (a need to|a reason to|time to|no harm if you)
                (it's|it is|it would be) (a good idea to|safe to|necessary to|not too late to|wise to|right to)
                (i|we) (decided|agreed|have decided|promised) to
                (i like it when you|i'd love it if you|i'd appreciate it if you did|i'm glad when you)
                (feel free to|you're welcome to|see to it that you|make sure you|let's|i vote to|bother to)
                (actually|hey|never mind|on second thought|i changed my mind) (just|please|i said)
                (from now on|for now|whatever you do|until i say otherwise|for god's sake|by all means) please
            """)
        + spun("""
                (be|would you be) (a good boy|a good girl|a darling|a star|a sweetheart|so kind) and
                (i|we) (want|would like|would love|asked) you to (please|just|quickly|now|kindly)
                (can|could|will) you (please|maybe|quickly|kindly|possibly|also) (just|now|go and|go ahead and|try to)
                (it is|it's|i think it's) (time|about time|best|better) to
                (be|please be) (nice|good|helpful|quick) and
                (do|would|could) you (think you could|feel like you could|manage to|take a moment to)
                (i'd|i would|we'd) (be glad if you could|appreciate it if you would|prefer that you|ask you to)
            """),
        gerund_asks=entries("would you mind, do you mind, how about, would it be a bother, are you fine with, mind"),
        closers=entries("""
                please, for me, now, okay, will you, if you can, when you can, real quick, for once, as usual, again
                before i forget, at once, my friend, will ya, buddy, immediately, this time, and hurry, dear, cheers
                as soon as you can, for a change, and that is it, okay bye, over, sweetheart, computer, my dear, man
                darling, if that is okay, if that is alright, if it is not too much trouble, when you get a chance
                when you have time, whenever you are ready, if you could, if you would, could you, can you, would ya
                do you hear me, got it, right away, straight away, as always, like yesterday, like i told you
                i am going out, we are leaving, it is late, i cannot see a thing, the kids are asleep
                that would be great, that would be nice, that would be lovely, that is all, great, perfect
                much appreciated, much obliged, good, yes, alrighty, pretty please, pronto, quick, fast
                and make it snappy, and quickly, please and, i guess, i suppose, i think, for heaven's sake, for us
                for everyone, for her, for my wife, thanks, thank you, thanks, thank you, thanks a lot, many thanks
                thank you so much, thanks so much, thanks very much, thank you very much, thanks in advance, thx, ok
                please and thank you, please thanks, please thank you, thanks mate, thank you dear, thanks again
                thank you in advance, right now, would you, if you do not mind, if you don't mind, if that's okay
                if that's alright, if it's not too much trouble, when you're ready, that's all, it's late, mate, pal
                um, uh, er, you know, or something, or so, today, tonight, will you please, would you please
                if you please, if you would be so kind, if you'd be so kind, if you like, if you want
                i would appreciate it, i'd appreciate it, that'd be great, thank you bye, appreciate it, sir, madam
            """)
        + spun("""
                (i am|i'm|we are|we're) (so|very|really) (happy|glad|pleased|obliged|thankful|tired|cold|hungry|late)
                (i am|i'm|we are|we're) (begging you|done|leaving|on the phone|off to bed|having guests|home|ready)
                (thanks|thank you|cheers) (a bunch|a ton|so very much|ever so much|and bye|my friend|computer|everyone)
                (my|good|dear|young|sweet|old) (man|boy|girl|lad|friend|love|lady|fellow|machine|robot|thing|house)
                if it (is|isn't|is not) (okay|fine|possible|any trouble|too hard|too late) (with you|for you|now)
                if you (have a moment|have time|get a chance|feel like it|are not busy|can manage|are there|hear me)
                at your (leisure|earliest convenience|own pace|service)
                (that's|that is|there's|there is) (a good|a nice|a clever|my good) (boy|girl|robot|house|computer|lad)
                as (soon|fast|quietly|gently|slowly|well) as (you can|possible|ever|you like)
                with (pleasure|care|love|many thanks|a smile|no delay)
                before (you go|i leave|the guests come|it gets dark|we eat|anyone sees)
                (because|since|so) (i am cold|it's dark in here|the baby sleeps|i can see|we can eat|i can sleep)
                and (be quick|do it well|mind the cat|thanks|that's it|nothing else|good night|no talking back)
                (you are|you're) (a star|the best|a genius|a darling|very kind|so good|my hero|too kind)
                (no|don't) (rush|hurry|need to hurry|worry) (though|really|at all)
                (i am|i'm|we are) (in bed|upstairs|in the shower|on the sofa|at the door|cooking|reading|on a call)
                (i am|i'm|we are) (about to leave|trying to sleep|half asleep|working|waiting|watching a film|eating)
                (we have|i have|there are) (people over|company|no time|my arms full|wet hands|friends coming|guests)
                so (we can|i can|he can|that i can|nobody has to) (see|read|eat|sleep|talk|hear you|wake up|rest|stay)
                for (god's|pete's|my|everyone's|your own) sake
                (nice and|good and|really|not too) (slow|slowly|quiet|quick|gentle|fast)
                like (i|we|you) (said|always do|do every day|asked you|did yesterday|agreed|used to)
                (it's|it is) (so|too|getting|awfully) (cold|dark|bright|loud|hot|stuffy|late) (in here|now|for me|again)
                (my|our) (eyes|ears|feet|fingers) are (cold|wet|tired|dirty|sore)
                (the|my) (baby|dog|boss|film|food) (is asleep|is here|is coming|is ready|is waiting|will be here)
                (i|we) (can't|cannot) (see|sleep|hear|read|find) (a thing|anything|it|my way|the door)
                (have|enjoy) (a nice day|fun|your evening|yourself|a good night)
                (and|then) (we eat|we can go|i go to bed|off to work|some quiet|all is well|leave me alone)
                (out of|from) (kindness|habit|the bottom of my heart)
                (or|else|or else) (i will be late|we will freeze|he wakes up|i cannot sleep|she gets angry)
                (with|and) (a cherry on it|no questions|my blessing|a kiss|some style|a little patience)
            """),
        conjunctions=("and", "and then"),
        marks=(".", "?", ",", ":", "-"),
    ),
    held_out=Wordings(
        fillers=("uhm", "hmm", "sort of", "you see", "ahem"),
        openers=("hi there", "alright", "good morning", "ahem", "right then", "apologies", "hm"),
        asks=("can you just", "would you kindly", "i need you to", "might you", "be an angel and", "do please"),
        gerund_asks=("can i trouble you with", "i would not mind you", "what about"),
        closers=entries("""
                if possible, ta, thanks a million, thank you kindly, if it suits you, at your convenience, old chap
                if you wouldn't mind, with thanks, i am grateful, as quickly as possible, there's a good one
            """),
        conjunctions=("and", "and also"),
        marks=("!", "...", ";"),
    ),
    gerunds=MappingProxyType(
        dict(
            pair.split(":")
            for pair in entries("""
                turn:turning, switch:switching, set:setting, open:opening, close:closing, start:starting, stop:stopping
                pause:pausing, resume:resuming, add:adding, remove:removing, dim:dimming, brighten:brightening
                put:putting, lock:locking, unlock:unlocking, increase:increasing, decrease:decreasing, raise:raising
                lower:lowering, play:playing, mute:muting, unmute:unmuting, cancel:cancelling, change:changing
                make:making, run:running, skip:skipping, shut:shutting, vacuum:vacuuming, clean:cleaning
                return:returning, send:sending, tick:ticking, adjust:adjusting, activate:activating, create:creating
                announce:announcing, broadcast:broadcasting
            """)
        )
    ),
    function_words=frozenset(
        entries("""
            the, a, an, my, our, your, this, that, these, some, any, in, at, to, for, of, is, are, do, does, me, it
            please, will, can, i
        """)
    ),
    before_numbers=frozenset({"to", "in"}),
    question_words=frozenset(
        entries("""
            what, what's, whats, how, how's, hows, is, are, was, were, who, who's, whos, where, where's, wheres, when
            which, why, do, does, did, can, could, would, will, should, may, i, i'm, im, i'd, my, we, our, it, it's
            there
        """)
    ),
)
