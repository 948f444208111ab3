#include "sound.h"

static void give_back_if_unused(struct sound *s, struct returned *returned)
{
    if (s->is_unloaded && s->players == 0)
        object_return(returned, &s->object);
}

void player_stop(struct player *p, struct returned *returned)
{
    struct sound *s = p->sound;
    if (s == NULL)
        return;
    p->sound = NULL;
    s->players--;
    give_back_if_unused(s, returned);
}

void player_start(struct player *p, struct sound *s, bool is_looped, float gain,
                  struct returned *returned)
{
    s->players++; /* first: it may be the very sound that is being replaced */
    player_stop(p, returned);
    *p = (struct player){.sound = s, .is_looped = is_looped, .gain = gain};
}

void sound_unload(struct sound *s, struct returned *returned)
{
    s->is_unloaded = true;
    give_back_if_unused(s, returned);
}

int32_t player_add(struct player *p, const struct g711_tables *g, float *mix, int count,
                   struct returned *returned)
{
    const struct sound *s = p->sound;
    for (int i = 0; i < count; i++) {
        if (p->position >= s->octets) {
            if (!p->is_looped) {
                int32_t id = s->id;
                player_stop(p, returned);
                return id;
            }
            p->position = 0;
        }
        mix[i] += p->gain * (float)g->from_alaw[s->alaw[p->position++]];
    }
    return -1;
}
