/* Sounds (A-law at 8 kHz, shared by any number of ports) and the player that plays one.
 *
 * A sound is lent to the audio thread for its life. `players` counts who plays it; once it is
 * `is_unloaded` and nobody plays it, the audio thread gives it back.
 */
#ifndef CALLBOX_SOUND_H
#define CALLBOX_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "g711.h"
#include "object.h"

struct sound {
    struct object object;
    int32_t id;
    int players;
    bool is_unloaded;
    uint32_t octets;
    uint8_t alaw[];
};

struct player {
    struct sound *sound; /* NULL: nothing plays */
    uint32_t position;
    bool is_looped;
    float gain;
};

void player_start(struct player *p, struct sound *s, bool is_looped, float gain,
                  struct returned *returned);
void player_stop(struct player *p, struct returned *returned);
void sound_unload(struct sound *s, struct returned *returned);

/* Add `count` samples of what plays to `mix`. Returns the id of the sound if it just came to its
 * end (and is stopped), otherwise -1. */
int32_t player_add(struct player *p, const struct g711_tables *g, float *mix, int count,
                   struct returned *returned);

#endif
